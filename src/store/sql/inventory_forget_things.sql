-- Names no longer kept: those last seen before a day.
delete from things
where last_day < :before

-- Reports no longer kept: those from before a day.
delete from reports
where day < :before

-- Takes a day's sums of values away.
delete from cells_hour
where site = :site and dimension in (select id from dimensions) and day = :day

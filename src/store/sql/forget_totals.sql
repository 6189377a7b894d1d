-- Takes a day's sums away.
delete from totals_hour
where site = :site and day = :day

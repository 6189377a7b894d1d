-- Takes away the hours of a day that are in its first one.
delete from totals_hour
where site = :site and day = :day and hour <> :hour

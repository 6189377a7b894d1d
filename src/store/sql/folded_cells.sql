-- Takes away the hours of a day that are in its first one.
delete from cells_hour
where site = :site and dimension in (select id from dimensions) and day = :day and hour <> :hour

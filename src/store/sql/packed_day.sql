-- Notes that a day is packed.
update days_kept set is_packed = 1
where site = :site and day = :day

-- Notes that a day's hours are folded.
update days_kept set has_hours = 0
where site = :site and day = :day

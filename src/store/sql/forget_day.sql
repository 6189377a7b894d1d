-- Takes the note of a day away.
delete from days_kept
where site = :site and day = :day

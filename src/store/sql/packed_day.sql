-- Notes that a day's pairs are packed.
update days_kept set has_loose_pairs = 0
where site = :site and day = :day

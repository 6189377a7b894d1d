-- Takes a day's packed sums of pairs away.
delete from packed_pairs
where site = :site and day = :day

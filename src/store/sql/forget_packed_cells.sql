-- Takes a day's sums by value away.
delete from packed_cells
where site = :site and day = :day

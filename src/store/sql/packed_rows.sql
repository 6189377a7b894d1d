-- Takes a day's pairs away that are packed.
delete from pairs_day
where site = :site and first = :first and second = :second and day = :day

-- Takes parts away that a day's pairs do not need any more.
delete from packed_pairs
where day = :day and site = :site and first = :first and second = :second and part >= :part

-- Takes the values away that a day's packed pairs named.
delete from packed_values
where site = :site and day = :day

-- The list of values that packed pairs of a day name by their places.
select list
from packed_values
where day = :day and site = :site and dimension = :dimension

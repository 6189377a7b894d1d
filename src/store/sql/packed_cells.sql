-- A day's sums by the values of a dimension, in the order of these.
select cells
from packed_cells
where day = :day and site = :site and dimension = :dimension
order by part

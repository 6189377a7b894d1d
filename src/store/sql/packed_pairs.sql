-- Packed pairs of two dimensions on a day, in their order.
select pairs
from packed_pairs
where day = :day and site = :site and first = :first and second = :second
order by part

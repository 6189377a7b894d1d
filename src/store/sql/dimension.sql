-- The number of one dimension.
select id
from dimensions
where name = :name

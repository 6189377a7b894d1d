-- The numbers of all dimensions.
select id
from dimensions
order by id

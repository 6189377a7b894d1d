-- The tokens of a name.
select token
from names
where site = :site and dimension = :dimension and name = :name

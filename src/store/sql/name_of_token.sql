-- The name of a token.
select name
from names
where site = :site and dimension = :dimension and token = :token

-- The name and site of one token.
select
  name,
  site
from tokens
where hash = :hash

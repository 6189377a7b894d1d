-- The last receipt's place and hash.
select
  place,
  hash
from receipts
order by place desc
limit 1

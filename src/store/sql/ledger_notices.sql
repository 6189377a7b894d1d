-- Every notice, with the hash that receipts name it by.
select
  hash,
  content
from notices
order by hash

-- Places and hashes of what one number has, oldest first.
select
  place,
  hash
from receipts
where id = :id
order by place
limit :limit

-- The receipts of one number, oldest first.
select
  place,
  id,
  time,
  site,
  action,
  granted,
  refused,
  texts,
  previous,
  hash
from receipts
where id = :id
order by place
limit :limit

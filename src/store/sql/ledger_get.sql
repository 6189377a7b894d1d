-- The receipts of one number, oldest first.
select
  place,
  form,
  id,
  time,
  site,
  action,
  layer,
  language,
  granted,
  refused,
  texts,
  previous,
  hash,
  erased_by
from receipts
where id = :id
order by place
limit :limit

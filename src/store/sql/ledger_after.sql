-- Receipts after a place, oldest first.
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
where place > :after
order by place
limit :limit

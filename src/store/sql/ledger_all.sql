-- All receipts, oldest first; they are read one by one, so there is no limit.
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
order by place

-- All receipts, oldest first; they are read one by one, so there is no limit.
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
order by place

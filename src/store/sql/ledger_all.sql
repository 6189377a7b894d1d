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
  erased_by,
  form = 0
    and id = x''
    and time = 0
    and site = ''
    and action = ''
    and layer = ''
    and language = ''
    and granted = ''
    and refused = ''
    and texts = x'' as is_bare
from receipts
order by place

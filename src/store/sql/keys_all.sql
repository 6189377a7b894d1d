-- What became of all keys, oldest first; rows are read one by one, so there is no limit.
select
  place,
  time,
  site,
  kind,
  period,
  fate,
  commitment,
  previous,
  hash
from keys
order by place

-- The oldest batch that waits, and when it was first sent, in seconds since 1970.
select
  place,
  boot,
  sequence,
  appended_at,
  sent_at,
  body
from batches
where not is_set_aside
order by place
limit 1

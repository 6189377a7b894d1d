-- The oldest batch that waits.
select
  place,
  boot,
  sequence,
  body
from batches
where not is_set_aside
order by place
limit 1

-- The oldest batches that were never sent, oldest first.
select
  place,
  boot,
  sequence,
  appended_at,
  body
from batches
where not is_sent
  and not is_set_aside
order by place
limit :limit

-- The two smallest batches that were never sent and together have at most so many bytes; oldest first among equals.
select
  place,
  boot,
  sequence,
  appended_at,
  body
from batches
where not is_sent
  and not is_set_aside
  and length(body) <= :bytes_max
order by length(body), place
limit 2

-- Batches that came, or were first sent, too long ago, in seconds since 1970; oldest first.
select
  place,
  boot,
  sequence,
  appended_at,
  body
from batches
where not is_set_aside
  and (appended_at < :appended_before or sent_at < :sent_before)
order by place
limit :limit

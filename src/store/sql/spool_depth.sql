-- Batches that wait, their bytes, and when the oldest came, in seconds since 1970.
select
  count(*) as batches,
  coalesce(sum(length(body)), 0) as bytes,
  min(appended_at) as oldest_at
from batches

-- Places and hashes of receipts older than a time in seconds since 1970, oldest first; records of erasure stay.
select
  place,
  hash
from receipts
where erased_by is null
  and time < :before
  and length(id) > 0
order by time
limit :limit

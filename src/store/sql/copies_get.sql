-- The batch that one part was, and whether it is there.
select
  batch,
  is_there
from copies
where destination = :destination
  and site = :site
  and what = :what
  and part = :part

-- Files imported to a site, by what they are known by; the longest first. Lengths are bytes.
select
  id,
  head_bytes,
  head
from imports
where site = :site
order by head_bytes desc, id
limit :limit

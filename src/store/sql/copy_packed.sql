-- Packed pairs of a site, by day.
select
  day,
  pairs
from packed_pairs
where site = (select id from sites where name = :site)

-- What became of a site's keys, newest first.
select
  place,
  time,
  site,
  kind,
  period,
  fate,
  commitment,
  previous,
  hash
from keys
where site = :site
order by place desc
limit :limit

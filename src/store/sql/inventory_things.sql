-- The names of one site, with the sum of their sightings and the ways they were seen by.
select
  thing,
  name,
  group_concat(via, ' ') as via,
  min(first_day) as first_day,
  max(last_day) as last_day,
  sum(seen) as seen
from things
where site = :site
group by thing, name
order by thing, name
limit :limit

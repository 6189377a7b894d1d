-- Keys of which no end is written down: one row each, oldest first.
select
  site,
  kind,
  period,
  commitment
from keys
group by
  site,
  kind,
  period,
  commitment
having sum(fate in ('destroyed', 'lost')) = 0
order by min(place)
limit :limit

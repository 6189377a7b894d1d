-- Counts of a site by kind of cell (0 totals, 1 values, 2 pairs) and day, without packed pairs.
select
  0,
  day,
  sum(visitors),
  sum(visits + carried),
  sum(views),
  sum(events)
from totals_hour
where site = (select id from sites where name = :site)
group by day
union all
select
  1,
  day,
  sum(visitors),
  sum(visits + carried),
  sum(views),
  sum(events)
from cells_hour
where site = (select id from sites where name = :site)
group by day
union all
select
  2,
  day,
  sum(visitors),
  sum(visits + carried),
  sum(views),
  sum(events)
from pairs_day
where site = (select id from sites where name = :site)
group by day

-- Counts of a site by kind of cell (0 totals, 1 values, 2 pairs) and day.
select
  toUInt8(0) as kind,
  toInt32(day) as day_number,
  toInt64(sum(totals_hour.visitors)) as people,
  toInt64(sum(totals_hour.visits + totals_hour.carried)) as active,
  toInt64(sum(totals_hour.views)) as seen,
  toInt64(sum(totals_hour.events)) as happened
from totals_hour
where site = {site:String}
group by day
union all
select
  toUInt8(1) as kind,
  toInt32(day) as day_number,
  toInt64(sum(cells_hour.visitors)) as people,
  toInt64(sum(cells_hour.visits + cells_hour.carried)) as active,
  toInt64(sum(cells_hour.views)) as seen,
  toInt64(sum(cells_hour.events)) as happened
from cells_hour
where site = {site:String}
group by day
union all
select
  toUInt8(2) as kind,
  toInt32(day) as day_number,
  toInt64(sum(pairs_day.visitors)) as people,
  toInt64(sum(pairs_day.visits + pairs_day.carried)) as active,
  toInt64(sum(pairs_day.views)) as seen,
  toInt64(sum(pairs_day.events)) as happened
from pairs_day
where site = {site:String}
group by day

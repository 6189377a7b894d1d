-- Puts a day's sums into its first hour: counts, seconds, milliseconds, percent and thousandths of a currency. Seen from
-- the day, whoever came in it came in that hour.
insert or replace into totals_hour (
  site,
  day,
  hour,
  visitors,
  visitors_hour,
  visits,
  visits_hour,
  carried,
  views,
  events,
  bounces,
  seconds,
  entries,
  exits,
  revenue,
  orders,
  engaged_ms,
  scroll,
  scrolls
)
select
  site,
  day,
  :hour,
  sum(visitors),
  sum(visitors),
  sum(visits),
  sum(visits) + sum(carried),
  sum(carried),
  sum(views),
  sum(events),
  sum(bounces),
  sum(seconds),
  sum(entries),
  sum(exits),
  sum(revenue),
  sum(orders),
  sum(engaged_ms),
  sum(scroll),
  sum(scrolls)
from totals_hour
where site = :site and day = :day
group by site, day

-- Puts a day's sums of each value into its first hour: counts, seconds, milliseconds, percent and thousandths of a currency.
insert or replace into cells_hour (
  site,
  dimension,
  day,
  hour,
  value,
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
  dimension,
  day,
  :hour,
  value,
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
from cells_hour
where site = :site and dimension in (select id from dimensions) and day = :day
group by site, dimension, day, value

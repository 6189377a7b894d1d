-- A dimension's values on a day, by the hour: counts, seconds, milliseconds, percent and thousandths of a currency.
select
  value,
  visitors,
  visits,
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
from cells_hour
where site = :site and dimension = :dimension and day = :day

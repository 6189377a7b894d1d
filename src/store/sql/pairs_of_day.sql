-- Pairs of two dimensions on a day that are not packed, by their values: counts, seconds, milliseconds, percent and thousandths of a currency.
select
  first_value,
  second_value,
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
from pairs_day
where site = :site and first = :first and second = :second and day = :day

-- One day of a site, by hours since 1970.
select
  totals_hour.hour,
  totals_hour.visitors,
  totals_hour.visitors_hour,
  totals_hour.visits,
  totals_hour.visits_hour,
  totals_hour.carried,
  totals_hour.views,
  totals_hour.events,
  totals_hour.bounces,
  totals_hour.seconds,
  totals_hour.entries,
  totals_hour.exits,
  totals_hour.revenue,
  totals_hour.orders,
  totals_hour.engaged_ms,
  totals_hour.scroll,
  totals_hour.scrolls
from totals_hour
where totals_hour.site = (select id from sites where name = :site)
  and totals_hour.day = :day
order by totals_hour.hour

-- One day of a site, by dimension, hour since 1970 and value. Every dimension is looked up by the key of the table.
select
  dimensions.name,
  cells_hour.hour,
  cells_hour.value,
  cells_hour.visitors,
  cells_hour.visitors_hour,
  cells_hour.visits,
  cells_hour.visits_hour,
  cells_hour.carried,
  cells_hour.views,
  cells_hour.events,
  cells_hour.bounces,
  cells_hour.seconds,
  cells_hour.entries,
  cells_hour.exits,
  cells_hour.revenue,
  cells_hour.orders,
  cells_hour.engaged_ms,
  cells_hour.scroll,
  cells_hour.scrolls
from dimensions
cross join cells_hour on cells_hour.dimension = dimensions.id
where cells_hour.site = (select id from sites where name = :site)
  and cells_hour.day = :day
order by dimensions.id, cells_hour.hour, cells_hour.value

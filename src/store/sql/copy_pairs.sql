-- One day of a site, by two dimensions and their values. Every two dimensions are looked up by the key of the table.
select
  firsts.name,
  pairs_day.first_value,
  seconds.name,
  pairs_day.second_value,
  pairs_day.visitors,
  pairs_day.visits,
  pairs_day.carried,
  pairs_day.views,
  pairs_day.events,
  pairs_day.bounces,
  pairs_day.seconds,
  pairs_day.entries,
  pairs_day.exits,
  pairs_day.revenue,
  pairs_day.orders,
  pairs_day.engaged_ms,
  pairs_day.scroll,
  pairs_day.scrolls
from dimensions as firsts
cross join dimensions as seconds
cross join pairs_day on pairs_day.first = firsts.id
  and pairs_day.second = seconds.id
where pairs_day.site = (select id from sites where name = :site)
  and pairs_day.day = :day
order by firsts.id, seconds.id, pairs_day.first_value, pairs_day.second_value

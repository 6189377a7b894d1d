-- Visitors, visits, page views, events, bounces, entries, exits, orders, scrolls (counts), seconds, milliseconds, percent and revenue (thousandths) of a dimension's values, or of the wanted ones together; whole (grain 0), by day (1), hour (2), week from Monday (3) or month (4).
with hours as (
  select
    day,
    hour,
    case when :is_by_value then value end as value,
    case :grain
      when 1 then day
      when 2 then day
      when 3 then max(day - (day + 3) % 7, :first_day)
      when 4 then cast(julianday(day * 86400, 'unixepoch', 'start of month') - 2440587.5 as integer)
    end as bucket,
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
  from cells_hour
  where site = (select id from sites where name = :site)
    and dimension = (select id from dimensions where name = :dimension)
    and day between :first_day and :last_day
    and hour between :first_hour and :last_hour
    and (
      not :is_filtered
      or (typeof(value) = 'text' and value in (select value from json_each(:wanted)))
      or (
        typeof(value) = 'integer'
        and value in (
          select token
          from names
          where names.site = (select id from sites where name = :site)
            and names.dimension = (select id from dimensions where name = :dimension)
            and names.name in (select value from json_each(:wanted))
        )
      )
    )
),
cells as (
  select
    bucket as day,
    case when :grain = 2 then hour end as hour,
    value,
    sum(case when :grain = 2 or hour = :edge then visitors_hour else visitors end)
      -- Who was there before the range, and again after its first hour, is in none of these: told are at least as many
      -- on the first day as its fullest hour had.
      + case
        when :grain = 2 or :edge is null then 0
        else max(
          0,
          max(case when day = :first_day then visitors_hour else 0 end)
            - sum(case when day > :first_day then 0 when hour = :edge then visitors_hour else visitors end)
        )
      end as visitors,
    sum(
      case
        when :grain = 2 or hour = :edge then visits_hour
        when day = max(coalesce(bucket, :first_day), :first_day) then visits + carried
        else visits
      end
    ) as visits,
    sum(visits) as begun,
    sum(views) as views,
    sum(events) as events,
    sum(bounces) as bounces,
    sum(seconds) as seconds,
    sum(entries) as entries,
    sum(exits) as exits,
    sum(revenue) as revenue,
    sum(orders) as orders,
    sum(engaged_ms) as engaged_ms,
    sum(scroll) as scroll,
    sum(scrolls) as scrolls
  from hours
  group by 1, 2, 3
)
select
  cells.day as day,
  cells.hour as hour,
  case typeof(cells.value) when 'integer' then names.name else cells.value end as value,
  sum(
    cells.visitors != 0
    or cells.visits != 0
    or cells.begun != 0
    or cells.views != 0
    or cells.events != 0
    or cells.bounces != 0
    or cells.seconds != 0
    or cells.entries != 0
    or cells.exits != 0
    or cells.revenue != 0
    or cells.orders != 0
    or cells.engaged_ms != 0
    or cells.scroll != 0
    or cells.scrolls != 0
  ) as cells,
  sum(cells.visitors) as visitors,
  sum(cells.visits) as visits,
  sum(cells.begun) as begun,
  sum(cells.views) as views,
  sum(cells.events) as events,
  sum(cells.bounces) as bounces,
  sum(cells.seconds) as seconds,
  sum(cells.entries) as entries,
  sum(cells.exits) as exits,
  sum(cells.revenue) as revenue,
  sum(cells.orders) as orders,
  sum(cells.engaged_ms) as engaged_ms,
  sum(cells.scroll) as scroll,
  sum(cells.scrolls) as scrolls
from cells
left join names on typeof(cells.value) = 'integer'
  and names.site = (select id from sites where name = :site)
  and names.dimension = (select id from dimensions where name = :dimension)
  and names.token = cells.value
group by 1, 2, 3
limit :limit

-- Visitors, visits, page views, events, bounces, entries, exits, orders, scrolls (counts), seconds, milliseconds, percent and revenue (thousandths) of a dimension's values where another dimension has a wanted value; whole (grain 0), by day (1), week from Monday (3) or month (4).
with pairs as (
  select
    day,
    case :grain
      when 1 then day
      when 2 then day
      when 3 then max(day - (day + 3) % 7, :first_day)
      when 4 then cast(julianday(day * 86400, 'unixepoch', 'start of month') - 2440587.5 as integer)
    end as bucket,
    case when :is_first then first_value else second_value end as value,
    case when :is_first then second_value else first_value end as beside,
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
  where site = (select id from sites where name = :site)
    and first = (select id from dimensions where name = :first)
    and second = (select id from dimensions where name = :second)
    and day between :first_day and :last_day
),
cells as (
  select
    bucket as day,
    null as hour,
    value,
    sum(visitors) as visitors,
    sum(
      case
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
  from pairs
  where (typeof(beside) = 'text' and beside in (select value from json_each(:wanted)))
      or (
        typeof(beside) = 'integer'
        and beside in (
          select token
          from names
          where names.site = (select id from sites where name = :site)
            and names.dimension = (select id from dimensions where name = :filtered)
            and names.name in (select value from json_each(:wanted))
        )
      )
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

-- Visitors, visits, page views, events, bounces, entries, exits, orders, scrolls (counts), seconds, milliseconds, percent and revenue (thousandths) of a site; whole (grain 0), by day (1), hour (2), week from Monday (3) or month (4).
with hours as (
  select
    day,
    hour,
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
  from totals_hour
  where site = (select id from sites where name = :site)
    and day between :first_day and :last_day
    and hour between :first_hour and :last_hour
)
select
  bucket as day,
  case when :grain = 2 then hour end as hour,
  null as value,
  1 as cells,
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
group by 1, 2
limit :limit

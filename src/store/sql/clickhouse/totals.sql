-- Visitors, visits, page views, events, bounces, entries, exits, orders, scrolls (counts), seconds, milliseconds, percent and revenue (thousandths) of a site; whole (grain 0), by day (1), hour (2), week from Monday (3) or month (4).
select
  toInt32(bucket) as day_number,
  hour_number,
  '' as name,
  toUInt8(0) as is_unreadable,
  toUInt64(1) as cells,
  toInt64(sum_visitors) as visitors,
  toInt64(sum_visits) as visits,
  toInt64(sum_begun) as begun,
  toInt64(sum_views) as views,
  toInt64(sum_events) as events,
  toInt64(sum_bounces) as bounces,
  toInt64(sum_seconds) as seconds,
  toInt64(sum_entries) as entries,
  toInt64(sum_exits) as exits,
  toInt64(sum_revenue) as revenue,
  toInt64(sum_orders) as orders,
  toInt64(sum_engaged_ms) as engaged_ms,
  toInt64(sum_scroll) as scroll,
  toInt64(sum_scrolls) as scrolls
from (
  select
    if(
      {grain:UInt8} = 0,
      toDate(0),
      multiIf(
        {grain:UInt8} in (1, 2), day,
        {grain:UInt8} = 3, greatest(toMonday(day), toDate({first_day:UInt16})),
        toStartOfMonth(day)
      )
    ) as bucket,
  if({grain:UInt8} = 2, toInt32(intDiv(toUInt32(hour), 3600)), toInt32(0)) as hour_number,
  sum(if({grain:UInt8} = 2 or ({edge:UInt32} != 4294967295 and toUInt32(hour) = {edge:UInt32}), visitors_hour, visitors))
    -- Who was there before the range, and again after its first hour, is in none of these: told are at least as many
    -- on the first day as its fullest hour had.
    + if(
      {grain:UInt8} = 2 or {edge:UInt32} = 4294967295,
      toInt64(0),
      greatest(
        toInt64(0),
        arrayMax(
          arrayPushBack(
            sumMapIf([toUInt32(hour)], [visitors_hour], day = toDate({first_day:UInt16})).2,
            toInt64(0)
          )
        )
          - sumIf(
            if(toUInt32(hour) = {edge:UInt32}, visitors_hour, visitors),
            day = toDate({first_day:UInt16})
          )
      )
    ) as sum_visitors,
  sum(
    if(
      {grain:UInt8} = 2 or ({edge:UInt32} != 4294967295 and toUInt32(hour) = {edge:UInt32}),
      visits_hour,
      if(
        day = greatest(if({grain:UInt8} = 0, toDate({first_day:UInt16}), bucket), toDate({first_day:UInt16})),
        visits + carried,
        visits
      )
    )
  ) as sum_visits,
  sum(visits) as sum_begun,
  sum(views) as sum_views,
  sum(events) as sum_events,
  sum(bounces) as sum_bounces,
  sum(seconds) as sum_seconds,
  sum(entries) as sum_entries,
  sum(exits) as sum_exits,
  sum(revenue) as sum_revenue,
  sum(orders) as sum_orders,
  sum(engaged_ms) as sum_engaged_ms,
  sum(scroll) as sum_scroll,
  sum(scrolls) as sum_scrolls
  from totals_hour
  where site = {site:String}
    and day between toDate({first_day:UInt16}) and toDate({last_day:UInt16})
    and toUInt32(hour) between {first_hour:UInt32} and {last_hour:UInt32}
  group by bucket, hour_number
)
limit {limit:UInt64}

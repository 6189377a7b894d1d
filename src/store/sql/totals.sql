-- Visitors, visits, page views, events, bounces, entries (counts) and seconds of a site; whole (grain 0), by day (1) or hour (2).
select
  case when :grain = 0 then null else day end as day,
  case when :grain = 2 then hour end as hour,
  null as value,
  1 as cells,
  sum(case when :grain = 2 or hour = :edge then visitors_hour else visitors end) as visitors,
  sum(
    case
      when :grain = 2 or hour = :edge then visits_hour
      when :grain = 1 or day = :first_day then visits + carried
      else visits
    end
  ) as visits,
  sum(visits) as begun,
  sum(views) as views,
  sum(events) as events,
  sum(bounces) as bounces,
  sum(seconds) as seconds,
  sum(entries) as entries
from totals_hour
where site = (select id from sites where name = :site)
  and day between :first_day and :last_day
  and hour between :first_hour and :last_hour
group by 1, 2
limit :limit

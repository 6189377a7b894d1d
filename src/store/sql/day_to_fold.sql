-- A day whose hours are old enough to be folded, and the first of them.
select
  site,
  day,
  min(
    ifnull((
      select min(hour) from totals_hour where totals_hour.site = days_kept.site and totals_hour.day = days_kept.day
    ), 9223372036854775807),
    ifnull((
      select min(hour) from cells_hour
      where cells_hour.site = days_kept.site
        and dimension in (select id from dimensions)
        and cells_hour.day = days_kept.day
    ), 9223372036854775807)
  ) as hour
from days_kept
where day < :before and has_hours = 1
limit 1

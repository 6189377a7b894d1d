-- Sites and their site-local days, in days since 1970-01-01, that have any row.
select
  sites.name as site,
  found.day as day
from (
  select
    site,
    day
  from totals_hour
  union
  select
    site,
    day
  from cells_hour
  union
  select
    site,
    day
  from pairs_day
  union
  select
    site,
    day
  from packed_values
) as found
join sites on sites.id = found.site
order by sites.name, found.day

-- The first site-local day with figures, in days since 1970-01-01, and how many rows there are (at least one says that the day is one).
select
  toInt32(min(day)) as first_day,
  count() as rows
from totals_hour
where site = {site:String}

-- The first site-local day with figures, in days since 1970-01-01.
select min(totals_hour.day) as first_day
from totals_hour
where totals_hour.site = (select id from sites where name = :name)

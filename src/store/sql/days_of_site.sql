-- The site-local days of a site that have figures, in days since 1970-01-01.
select day
from days_kept
where site = :site and day between :first_day and :last_day
order by day

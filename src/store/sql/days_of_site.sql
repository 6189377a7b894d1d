-- The site-local days of a site that have figures, in days since 1970-01-01, and whether all of them are packed.
select day, is_packed
from days_kept
where site = :site and day between :first_day and :last_day
order by day

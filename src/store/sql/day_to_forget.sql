-- A day past its time.
select site, day
from days_kept
where day < :before
limit 1

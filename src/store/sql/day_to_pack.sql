-- A day that is long enough over to be packed.
select site, day
from days_kept
where day < :before and is_packed = 0
order by day
limit 1

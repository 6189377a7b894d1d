-- A day that is long enough over for its pairs to be packed.
select site, day
from days_kept
where day < :before and has_loose_pairs = 1
order by day
limit 1

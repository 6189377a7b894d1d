-- The next two dimensions of a site that have pairs which are not packed, on any day.
select first, second
from pairs_day
where site = :site and (first, second) > (:first, :second)
order by first, second
limit 1

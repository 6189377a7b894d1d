-- Takes a day's sums of pairs away.
delete from pairs_day
where site = :site
  and first in (select id from dimensions)
  and second in (select id from dimensions)
  and day = :day

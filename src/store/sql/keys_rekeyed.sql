-- When the key of one of a site's days was drawn anew, the latest of those days; in seconds since 1970.
select max(time) as time
from keys
where site = :site
  and kind = 'day'
  and fate = 'rekeyed'
  and period between :first and :last

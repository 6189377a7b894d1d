-- Every row of reports kept.
select
  site,
  day,
  directive,
  blocked,
  page
from reports
limit :limit

-- What was last done to this database: the version of its tables, days of hours and months of everything that are kept.
select
  version,
  hours_days,
  months
from schema
order by version desc, applied_at desc
limit 1

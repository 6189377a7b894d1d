-- When the tables were made, in seconds since 1970, and how many rows say so (at least one says that they were).
select
  toUInt32(min(applied_at)) as made_at,
  count() as rows
from schema

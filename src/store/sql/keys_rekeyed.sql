-- When a day of a site got another key than it had, the latest time; in seconds since 1970. A day that had no key before
-- began with the program: nobody was counted on it under another one.
select max(keys.time) as time
from keys
where keys.site = :site
  and keys.kind = 'day'
  and keys.fate = 'rekeyed'
  and keys.period between :first and :last
  and exists (
    select 1
    from keys as earlier
    where earlier.site = keys.site
      and earlier.kind = keys.kind
      and earlier.period = keys.period
      and earlier.fate in ('born', 'rekeyed')
      and earlier.place < keys.place
  )

-- Reports no longer kept: those of a site's first day, when it is before a day.
delete from reports
where
  site = :site
  and day < :before
  and day = (
    select min(day)
    from reports
    where site = :site
  )

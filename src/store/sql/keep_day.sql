-- Notes that a day of a site has hours.
insert into days_kept (site, day, has_hours)
values (:site, :day, 1)
on conflict (day, site) do update set has_hours = 1

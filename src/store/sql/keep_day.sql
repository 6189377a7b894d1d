-- Notes that a day of a site has hours, and figures that are not packed.
insert into days_kept (site, day, has_hours, is_packed)
values (:site, :day, 1, 0)
on conflict (day, site) do update set has_hours = 1, is_packed = 0

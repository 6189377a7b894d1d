-- Notes that a day of a site has hours, and pairs that are not packed.
insert into days_kept (site, day, has_hours, has_loose_pairs)
values (:site, :day, 1, 1)
on conflict (day, site) do update set has_hours = 1, has_loose_pairs = 1

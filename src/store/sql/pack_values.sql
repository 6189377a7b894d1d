-- Puts the list of a day's values, in which what was there before keeps its place.
insert into packed_values (day, site, dimension, list)
values (:day, :site, :dimension, :list)
on conflict (day, site, dimension) do update set list = excluded.list

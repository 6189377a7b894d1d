-- Adds sightings of a name.
insert into things (site, thing, name, via, first_day, last_day, seen)
values (:site, :thing, :name, :via, :day, :day, :seen)
on conflict (site, thing, name, via) do update set
  first_day = min(first_day, excluded.first_day),
  last_day = max(last_day, excluded.last_day),
  seen = seen + excluded.seen

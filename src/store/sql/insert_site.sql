-- Sites known, one row each.
insert into sites (name)
values (:name)
on conflict (name) do nothing

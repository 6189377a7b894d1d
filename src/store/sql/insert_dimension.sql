-- Dimensions known, one row each.
insert into dimensions (id, name)
values (:id, :name)
on conflict (id) do nothing

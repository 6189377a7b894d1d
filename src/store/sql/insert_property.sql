-- Properties known, one row each; their numbers begin at 1000.
insert into dimensions (id, name)
select
  max(1000, max(id) + 1),
  :name
from dimensions
where true
on conflict (name) do nothing

-- What one part is, one row each.
insert into copies (destination, site, what, part, batch, is_there)
values (:destination, :site, :what, :part, :batch, :is_there)
on conflict (destination, site, what, part) do update set
  batch = excluded.batch,
  is_there = excluded.is_there

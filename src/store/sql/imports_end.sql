-- The end of a file, in bytes.
insert into import_ends (import, position)
values (:id, :position)
on conflict (import, position) do nothing

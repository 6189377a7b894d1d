-- Notices, one row each.
insert into notices (hash, content)
values (:hash, :content)
on conflict (hash) do nothing

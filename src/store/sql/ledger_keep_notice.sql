-- Notices, one row each, under the time at which each was first used.
insert into notices (hash, first_used, content)
values (:hash, :first_used, :content)
on conflict (hash) do nothing

-- Batches counted, one row each; no row is changed when the batch was counted before.
insert into batches (id, applied_at)
values (:id, :applied_at)
on conflict (id) do nothing

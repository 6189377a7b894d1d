-- Batches that wait, one row each; a null place is the last.
insert into batches (place, boot, sequence, appended_at, body)
values (:place, :boot, :sequence, :appended_at, :body)

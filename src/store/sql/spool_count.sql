-- Adds to a count of tallies or batches.
insert into counts (what, count)
values (:what, :count)
on conflict (what) do update set count = count + excluded.count

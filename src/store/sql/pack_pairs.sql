-- Puts a part of a day's pairs.
insert into packed_pairs (day, site, first, second, part, pairs)
values (:day, :site, :first, :second, :part, :pairs)
on conflict (day, site, first, second, part) do update set pairs = excluded.pairs

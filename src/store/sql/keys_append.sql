-- What became of keys, one row each, always after the last.
insert into keys (time, site, kind, period, fate, commitment, previous, hash)
values (:time, :site, :kind, :period, :fate, :commitment, :previous, :hash)

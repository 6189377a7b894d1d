-- Receipts, one row each, always after the last.
insert into receipts (place, id, time, site, action, granted, refused, texts, previous, hash)
values (:place, :id, :time, :site, :action, :granted, :refused, :texts, :previous, :hash)

-- Receipts, one row each, always after the last.
insert into receipts (place, form, id, time, site, action, layer, language, granted, refused, texts, previous, hash)
values (:place, :form, :id, :time, :site, :action, :layer, :language, :granted, :refused, :texts, :previous, :hash)

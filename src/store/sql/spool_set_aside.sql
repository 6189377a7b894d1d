-- Marks a batch that cannot be read, so that others pass it.
update batches
set is_set_aside = 1
where place = :place

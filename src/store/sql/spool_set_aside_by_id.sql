-- Marks a batch that the store cannot take, so that others pass it.
update batches
set is_set_aside = 1
where boot = :boot
  and sequence = :sequence

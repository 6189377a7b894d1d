-- Forgets a batch.
delete from batches
where boot = :boot
  and sequence = :sequence

-- A batch of one import is on its way: where it ends, in bytes.
update imports
set
  pending = :pending,
  pending_is_end = :pending_is_end
where id = :id

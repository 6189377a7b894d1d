-- A batch of one import was taken back: up to where, in bytes.
update imports
set
  undone = :undone,
  sequence = :sequence,
  pending = null
where id = :id

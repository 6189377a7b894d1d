-- A batch of one import has arrived: bytes and lines counted.
update imports
set
  counted = :counted,
  counted_lines = :counted_lines,
  content = :content,
  sequence = :sequence,
  pending = null
where id = :id

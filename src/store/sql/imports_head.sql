-- What one imported file is known by from now on: the length of its head in bytes, and its digest.
update or ignore imports
set
  head_bytes = :head_bytes,
  head = :head
where id = :id

-- Marks a batch that is about to be sent, in seconds since 1970: from now on it stays as it is, byte for byte.
update batches
set
  is_sent = 1,
  sent_at = coalesce(sent_at, :now)
where place = :place

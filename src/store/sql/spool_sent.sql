-- Marks a batch that is about to be sent: from now on it stays as it is, byte for byte.
update batches
set is_sent = 1
where place = :place

-- Takes the content out of one receipt, and leaves what the chain needs.
update receipts set
  form = 0,
  id = x'',
  time = 0,
  site = '',
  action = '',
  layer = '',
  language = '',
  granted = '',
  refused = '',
  texts = x'',
  erased_by = :by
where place = :place

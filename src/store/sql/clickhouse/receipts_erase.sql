-- Takes the content out of copies of receipts, on the disk, too, and leaves what the chain needs.
alter table $database.receipts$local$on_cluster
update
  id = '',
  time = toDateTime(0, 'UTC'),
  site = '',
  action = '',
  layer = '',
  language = '',
  granted = [],
  refused = [],
  texts = '',
  erased_by = $by
where ledger = '$ledger'
  and place in ($places)
  and erased_by = 0
settings mutations_sync = 2

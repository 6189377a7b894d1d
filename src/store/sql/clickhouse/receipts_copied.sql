-- The last receipt that is here of a ledger: its place, 0 for none, and its hash.
select
  max(receipts.place) as place,
  argMax(receipts.hash, receipts.place) as hash
from receipts
where ledger = {ledger:String}

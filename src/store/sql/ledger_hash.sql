-- The hash of the receipt at a place.
select hash
from receipts
where place = :place

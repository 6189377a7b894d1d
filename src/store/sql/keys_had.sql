-- Whether a day or month of a site had a key.
select 1
from keys
where site = :site
  and kind = :kind
  and period = :period
  and fate in ('born', 'rekeyed')
limit 1

-- What was merged, lost or set aside since the file was made: batches, and tallies.
select
  what,
  count
from counts
limit 16

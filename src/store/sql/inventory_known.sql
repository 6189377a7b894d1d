-- Every name kept, with its sightings by one way.
select
  site,
  thing,
  name,
  via,
  seen
from things
limit :limit

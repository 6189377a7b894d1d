-- The number of one site.
select id
from sites
where name = :name

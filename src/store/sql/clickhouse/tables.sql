-- Tables of a database, one row each.
select name
from system.tables
where database = {database:String}
order by name
limit {limit:UInt64}

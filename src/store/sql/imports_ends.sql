-- Where a file ended when it was imported: bytes, in order.
select position
from import_ends
where import = :id
order by position
limit :limit

-- The hash of a site's last row.
select hash
from keys
where site = :site
order by place desc
limit 1

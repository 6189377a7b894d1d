-- Names of the tokens of a site, by dimension and token.
select
  dimensions.name,
  names.token,
  names.name
from names
join dimensions on dimensions.id = names.dimension
where names.site = (select id from sites where name = :site)
order by names.dimension, names.token

-- Every two dimensions of which a day of a site has pairs, in rows or packed, by their numbers.
select
  sites.id,
  firsts.id,
  seconds.id,
  firsts.name,
  seconds.name
from sites
cross join dimensions as firsts
cross join dimensions as seconds
where sites.name = :site
  and (
    exists (
      select 1
      from pairs_day
      where pairs_day.site = sites.id
        and pairs_day.first = firsts.id
        and pairs_day.second = seconds.id
        and pairs_day.day = :day
    )
    or exists (
      select 1
      from packed_pairs
      where packed_pairs.day = :day
        and packed_pairs.site = sites.id
        and packed_pairs.first = firsts.id
        and packed_pairs.second = seconds.id
    )
  )
order by firsts.id, seconds.id

-- The reports about one site: how often, and on how many pages, as far as these were told apart.
select
  directive,
  blocked,
  count(distinct page) as pages,
  min(day) as first_day,
  max(day) as last_day,
  sum(times) as times
from reports
where site = :site
group by directive, blocked
order by sum(times) desc, directive, blocked
limit :limit

-- Version 3: views of what became of the question whether trackers may run, in counts: by what is said of choices, and by two such things.

-- For people: days by value. Values nobody can read, and those of fewer than five visitors, are "(other)". What is no
-- value of visitors has views of its own.
drop view days_by_value;

create view days_by_value as
select
  site,
  dimension,
  day,
  case when visitors < 5 then '(other)' else value end as value,
  sum(visitors) as visitors,
  sum(visits) as visits,
  sum(pageviews) as pageviews,
  sum(events) as events
from (
  select
    sites.name as site,
    dimensions.name as dimension,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    case typeof(cells_hour.value) when 'integer' then coalesce(names.name, '(other)') else cells_hour.value end as value,
    sum(visitors) as visitors,
    sum(visits + carried) as visits,
    sum(views) as pageviews,
    sum(events) as events
  from cells_hour
  join sites on sites.id = cells_hour.site
  join dimensions on dimensions.id = cells_hour.dimension
  left join names on typeof(cells_hour.value) = 'integer'
    and names.site = cells_hour.site
    and names.dimension = cells_hour.dimension
    and names.token = cells_hour.value
  where dimensions.name not in ('event:choice', 'event:status', 'robot:name', 'dropped:reason')
    and dimensions.name not like 'choice:%'
  group by 1, 2, 3, 4
)
group by 1, 2, 3, 4;

-- For people: what became of the question, by day and by each thing that is said of a choice. In cells of choices views
-- tell how many visits were asked, and bounces how many of them ignored it. Values of fewer than five are "(other)".
drop view choices_day;

create view choices_day as
select
  site,
  day,
  dimension,
  case when max(shown, ignored, choices) < 5 then '(other)' else value end as value,
  sum(shown) as shown,
  sum(ignored) as ignored,
  sum(choices) as choices
from (
  select
    sites.name as site,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    dimensions.name as dimension,
    cells_hour.value as value,
    sum(views) as shown,
    sum(bounces) as ignored,
    sum(events - views - bounces) as choices
  from cells_hour
  join sites on sites.id = cells_hour.site
  join dimensions on dimensions.id = cells_hour.dimension
  where dimensions.name = 'event:choice' or dimensions.name like 'choice:%'
  group by 1, 2, 3, 4
)
group by 1, 2, 3, 4;

-- For people: the same by two things: answers by layer, grants of a category by language. Values of fewer than five are
-- "(other)".
create view choices_by_two_day as
select
  site,
  day,
  first_dimension,
  case when max(shown, ignored, choices) < 5 then '(other)' else first_value end as first_value,
  second_dimension,
  case when max(shown, ignored, choices) < 5 then '(other)' else second_value end as second_value,
  sum(shown) as shown,
  sum(ignored) as ignored,
  sum(choices) as choices
from (
  select
    sites.name as site,
    date(pairs_day.day * 86400, 'unixepoch') as day,
    firsts.name as first_dimension,
    first_value,
    seconds.name as second_dimension,
    second_value,
    sum(views) as shown,
    sum(bounces) as ignored,
    sum(events - views - bounces) as choices
  from pairs_day
  join sites on sites.id = pairs_day.site
  join dimensions as firsts on firsts.id = pairs_day.first
  join dimensions as seconds on seconds.id = pairs_day.second
  where firsts.name = 'event:choice' or firsts.name like 'choice:%'
  group by 1, 2, 3, 4, 5, 6
)
group by 1, 2, 3, 4, 5, 6;

pragma user_version = 3;

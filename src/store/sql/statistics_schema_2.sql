-- Version 2: revenue (thousandths of the site's currency), orders, attention (milliseconds), scroll (percent, and how many visits told it), and views of what was not counted, of funnels and of journeys.

alter table totals_hour add column revenue integer not null default 0;
alter table totals_hour add column orders integer not null default 0;
alter table totals_hour add column engaged_ms integer not null default 0;
alter table totals_hour add column scroll integer not null default 0;
alter table totals_hour add column scrolls integer not null default 0;
alter table cells_hour add column revenue integer not null default 0;
alter table cells_hour add column orders integer not null default 0;
alter table cells_hour add column engaged_ms integer not null default 0;
alter table cells_hour add column scroll integer not null default 0;
alter table cells_hour add column scrolls integer not null default 0;
alter table pairs_day add column revenue integer not null default 0;
alter table pairs_day add column orders integer not null default 0;
alter table pairs_day add column engaged_ms integer not null default 0;
alter table pairs_day add column scroll integer not null default 0;
alter table pairs_day add column scrolls integer not null default 0;

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
  group by 1, 2, 3, 4
)
group by 1, 2, 3, 4;

-- For people: what visitors answered, by day.
create view choices_day as
select
  site,
  day,
  choice,
  sum(choices) as choices
from (
  select
    sites.name as site,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    case typeof(cells_hour.value) when 'integer' then coalesce(names.name, '(other)') else cells_hour.value end as choice,
    sum(events) as choices
  from cells_hour
  join sites on sites.id = cells_hour.site
  left join names on typeof(cells_hour.value) = 'integer'
    and names.site = cells_hour.site
    and names.dimension = cells_hour.dimension
    and names.token = cells_hour.value
  where cells_hour.dimension = 10
  group by 1, 2, 3
)
group by 1, 2, 3;

-- For people: what navigations were answered with, by day.
create view statuses_day as
select
  site,
  day,
  status,
  sum(answers) as answers
from (
  select
    sites.name as site,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    case typeof(cells_hour.value) when 'integer' then coalesce(names.name, '(other)') else cells_hour.value end as status,
    sum(events) as answers
  from cells_hour
  join sites on sites.id = cells_hour.site
  left join names on typeof(cells_hour.value) = 'integer'
    and names.site = cells_hour.site
    and names.dimension = cells_hour.dimension
    and names.token = cells_hour.value
  where cells_hour.dimension = 30
  group by 1, 2, 3
)
group by 1, 2, 3;

-- For people: robots that were not counted, by day.
create view robots_day as
select
  site,
  day,
  robot,
  sum(hits) as hits
from (
  select
    sites.name as site,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    case typeof(cells_hour.value) when 'integer' then coalesce(names.name, '(other)') else cells_hour.value end as robot,
    sum(events) as hits
  from cells_hour
  join sites on sites.id = cells_hour.site
  left join names on typeof(cells_hour.value) = 'integer'
    and names.site = cells_hour.site
    and names.dimension = cells_hour.dimension
    and names.token = cells_hour.value
  where cells_hour.dimension = 34
  group by 1, 2, 3
)
group by 1, 2, 3;

-- For people: hits that were not counted, by day and reason.
create view dropped_day as
select
  site,
  day,
  reason,
  sum(hits) as hits
from (
  select
    sites.name as site,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    case typeof(cells_hour.value) when 'integer' then coalesce(names.name, '(other)') else cells_hour.value end as reason,
    sum(events) as hits
  from cells_hour
  join sites on sites.id = cells_hour.site
  left join names on typeof(cells_hour.value) = 'integer'
    and names.site = cells_hour.site
    and names.dimension = cells_hour.dimension
    and names.token = cells_hour.value
  where cells_hour.dimension = 35
  group by 1, 2, 3
)
group by 1, 2, 3;

-- For people: visits that reached a step of a funnel, by day. Steps of fewer than five visitors are "(other)".
create view funnels_day as
select
  site,
  day,
  case when visitors < 5 then '(other)' else step end as step,
  sum(visitors) as visitors,
  sum(visits) as visits
from (
  select
    sites.name as site,
    date(cells_hour.day * 86400, 'unixepoch') as day,
    case typeof(cells_hour.value) when 'integer' then coalesce(names.name, '(other)') else cells_hour.value end as step,
    sum(visitors) as visitors,
    sum(visits) as visits
  from cells_hour
  join sites on sites.id = cells_hour.site
  left join names on typeof(cells_hour.value) = 'integer'
    and names.site = cells_hour.site
    and names.dimension = cells_hour.dimension
    and names.token = cells_hour.value
  where cells_hour.dimension = 32
  group by 1, 2, 3
)
group by 1, 2, 3;

-- For people: the page that was seen after a page, by day. Steps of fewer than five visitors are "(other)".
create view journeys_day as
select
  site,
  day,
  case when visitors < 5 then '(other)' else page end as page,
  case when visitors < 5 then '(other)' else next_page end as next_page,
  sum(visitors) as visitors,
  sum(visits) as visits
from (
  select
    sites.name as site,
    date(pairs_day.day * 86400, 'unixepoch') as day,
    case typeof(first_value) when 'integer' then coalesce(pages.name, '(other)') else first_value end as page,
    case typeof(second_value) when 'integer' then coalesce(nexts.name, '(other)') else second_value end as next_page,
    sum(visitors) as visitors,
    sum(visits) as visits
  from pairs_day
  join sites on sites.id = pairs_day.site
  left join names as pages on typeof(first_value) = 'integer'
    and pages.site = pairs_day.site
    and pages.dimension = pairs_day.first
    and pages.token = first_value
  left join names as nexts on typeof(second_value) = 'integer'
    and nexts.site = pairs_day.site
    and nexts.dimension = pairs_day.second
    and nexts.token = second_value
  where pairs_day.first = 1
    and pairs_day.second = 31
  group by 1, 2, 3, 4
)
group by 1, 2, 3, 4;

pragma user_version = 2;

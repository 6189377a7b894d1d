-- Version 6: views for people that withhold what few visitors did where it is no total of the day, and fold as answers do.

-- For people: days by value. Values nobody can read, and those of fewer than five visitors, are "(other)"; where that has
-- fewer itself, the smallest value joins it. Where none is left, it is left out, but of what every visitor has. One
-- visitor can have several values of what happened in a visit, so of these one must have five visitors. What is no
-- value of visitors has views of its own.
drop view days_by_value;

create view days_by_value as
select
  site,
  dimension,
  day,
  case when is_small or (hidden < 5 and place = 1) then '(other)' else label end as value,
  sum(people) as visitors,
  sum(active) as visits,
  sum(seen) as pageviews,
  sum(happened) as events
from (
  select
    site,
    dimension,
    day,
    label,
    people,
    active,
    seen,
    happened,
    is_small,
    is_overlapping,
    case
      when is_overlapping then max(case when is_small then least end) over (partition by site, dimension, day)
      else sum(case when is_small then people end) over (partition by site, dimension, day)
    end as hidden,
    row_number() over (partition by site, dimension, day, is_small order by people, label) as place
  from (
    select
      site,
      dimension,
      day,
      label,
      sum(people) as people,
      sum(active) as active,
      sum(seen) as seen,
      sum(happened) as happened,
      label = '(other)' or sum(people) < 5 as is_small,
      dimension like 'event:%' and dimension != 'event:page' as is_overlapping,
      case label when '(other)' then (sum(people) + count() - 1) / count() else sum(people) end as least
    from (
      select
        sites.name as site,
        dimensions.name as dimension,
        date(cells_hour.day * 86400, 'unixepoch') as day,
        case typeof(cells_hour.value)
          when 'integer' then coalesce(names.name, '(other)')
          when 'text' then case cells_hour.value when '' then '(unknown)' else cells_hour.value end
        end as label,
        sum(visitors) as people,
        sum(visits + carried) as active,
        sum(views) as seen,
        sum(events) as happened
      from cells_hour
      join sites on sites.id = cells_hour.site
      join dimensions on dimensions.id = cells_hour.dimension
      left join names on typeof(cells_hour.value) = 'integer'
        and names.site = cells_hour.site
        and names.dimension = cells_hour.dimension
        and names.token = cells_hour.value
      where dimensions.name not in ('event:choice', 'event:status', 'robot:name', 'dropped:reason')
        and dimensions.name not like 'choice:%'
      group by cells_hour.site, cells_hour.dimension, cells_hour.day, cells_hour.value
    )
    group by site, dimension, day, label
    having people != 0
      or active != 0
      or seen != 0
      or happened != 0
  )
)
group by 1, 2, 3, 4
having min(is_small) = 0
  or max(hidden) >= 5
  or (max(is_overlapping) = 0 and dimension != 'visit:first_week');

-- For people: what became of the question, by day and by each thing that is said of a choice. In cells of choices views
-- tell how many visits were asked, and bounces how many of them ignored it. Values of fewer than five are "(other)", and left
-- out where that is fewer than five, too.
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
group by 1, 2, 3, 4
having max(sum(shown), sum(ignored), sum(choices)) >= 5;

-- For people: the same by two things: answers by layer, grants of a category by language. Values of fewer than five are
-- "(other)", and left out where that is fewer than five, too.
drop view choices_by_two_day;

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
group by 1, 2, 3, 4, 5, 6
having max(sum(shown), sum(ignored), sum(choices)) >= 5;

-- For people: visits that reached a step of a funnel, by day. Steps of fewer than five visitors are left out.
drop view funnels_day;

create view funnels_day as
select
  site,
  day,
  step,
  visitors,
  visits
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
where visitors >= 5
  and step != '(other)';

-- For people: the page that was seen after a page, by day. Steps of fewer than five visitors, and pages nobody can read,
-- are left out.
drop view journeys_day;

create view journeys_day as
select
  site,
  day,
  page,
  next_page,
  visitors,
  visits
from (
  select
    sites.name as site,
    date(steps.day * 86400, 'unixepoch') as day,
    case typeof(steps.page) when 'integer' then coalesce(pages.name, '(other)') else steps.page end as page,
    case typeof(steps.next_page) when 'integer' then coalesce(nexts.name, '(other)') else steps.next_page end as next_page,
    sum(steps.visitors) as visitors,
    sum(steps.visits) as visits
  from (
    select
      site,
      day,
      first_value as page,
      second_value as next_page,
      visitors,
      visits
    from pairs_day
    where first = 1
      and second = 31
    union all
    select
      site,
      day,
      page,
      next_page,
      visitors,
      visits
    from packed_journeys
  ) as steps
  join sites on sites.id = steps.site
  left join names as pages on typeof(steps.page) = 'integer'
    and pages.site = steps.site
    and pages.dimension = 1
    and pages.token = steps.page
  left join names as nexts on typeof(steps.next_page) = 'integer'
    and nexts.site = steps.site
    and nexts.dimension = 31
    and nexts.token = steps.next_page
  group by 1, 2, 3, 4
)
where visitors >= 5
  and page != '(other)'
  and next_page != '(other)';

pragma user_version = 6;

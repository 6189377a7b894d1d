-- Version 7: views of choices in which the sums add up. What is folded and small itself takes the smallest value along, as
-- in answers, and is left out only where there is none.

drop view choices_by_two_day;

-- For people: what became of the question, by day and by each thing that is said of a choice. In cells of choices views
-- tell how many visits were asked, and bounces how many of them ignored it. Values of fewer than five are "(other)"; where that
-- has fewer itself, the smallest value joins it. Where none is left, it is left out.
drop view choices_day;

create view choices_day as
select
  site,
  day,
  dimension,
  case when is_small or (hidden < 5 and place = 1) then '(other)' else label end as value,
  sum(shown) as shown,
  sum(ignored) as ignored,
  sum(choices) as choices
from (
  select
    site,
    day,
    dimension,
    label,
    shown,
    ignored,
    choices,
    is_small,
    max(
      sum(case when is_small then shown end) over (partition by site, dimension, day),
      sum(case when is_small then ignored end) over (partition by site, dimension, day),
      sum(case when is_small then choices end) over (partition by site, dimension, day)
    ) as hidden,
    row_number() over (partition by site, dimension, day, is_small order by people, label) as place
  from (
    select
      sites.name as site,
      date(cells_hour.day * 86400, 'unixepoch') as day,
      dimensions.name as dimension,
      cells_hour.value as label,
      sum(views) as shown,
      sum(bounces) as ignored,
      sum(events - views - bounces) as choices,
      max(sum(views), sum(bounces), sum(events - views - bounces)) as people,
      cells_hour.value = '(other)' or max(sum(views), sum(bounces), sum(events - views - bounces)) < 5 as is_small
    from cells_hour
    join sites on sites.id = cells_hour.site
    join dimensions on dimensions.id = cells_hour.dimension
    where dimensions.name = 'event:choice' or dimensions.name like 'choice:%'
    group by 1, 2, 3, 4
    having sum(views) != 0
      or sum(bounces) != 0
      or sum(events) != 0
  )
)
group by 1, 2, 3, 4
having max(sum(shown), sum(ignored), sum(choices)) >= 5;

-- For people: the same by two things: answers by layer, grants of a category by language. What choices_day does not name is
-- "(other)" here, too; of a first value so is the second one of rows of fewer than five, and of rows that leave one to four
-- of their second value. Where what is so folded has fewer than five itself, the smallest row of the first value joins it.
-- Where none is left, it is left out.
create view choices_by_two_day as
select
  site,
  day,
  first_dimension,
  first_value,
  second_dimension,
  case when is_small or (hidden < 5 and place = 1) then '(other)' else label end as second_value,
  sum(shown) as shown,
  sum(ignored) as ignored,
  sum(choices) as choices
from (
  select
    site,
    day,
    first_dimension,
    first_value,
    second_dimension,
    label,
    shown,
    ignored,
    choices,
    is_small,
    max(
      sum(case when is_small then shown end) over (partition by site, day, first_dimension, first_value, second_dimension),
      sum(case when is_small then ignored end) over (partition by site, day, first_dimension, first_value, second_dimension),
      sum(case when is_small then choices end) over (partition by site, day, first_dimension, first_value, second_dimension)
    ) as hidden,
    row_number() over (
      partition by site, day, first_dimension, first_value, second_dimension, is_small
      order by people, label
    ) as place
  from (
    select
      pairs.site,
      pairs.day,
      pairs.first_dimension,
      coalesce(firsts.value, '(other)') as first_value,
      pairs.second_dimension,
      pairs.second_value as label,
      pairs.shown,
      pairs.ignored,
      pairs.choices,
      pairs.people,
      firsts.value is null
        or seconds.value is null
        or pairs.people < 5
        or max(seconds.shown, seconds.ignored, seconds.choices) - pairs.people between 1 and 4 as is_small
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
        sum(events - views - bounces) as choices,
        max(sum(views), sum(bounces), sum(events - views - bounces)) as people
      from pairs_day
      join sites on sites.id = pairs_day.site
      join dimensions as firsts on firsts.id = pairs_day.first
      join dimensions as seconds on seconds.id = pairs_day.second
      where firsts.name = 'event:choice' or firsts.name like 'choice:%'
      group by 1, 2, 3, 4, 5, 6
      having sum(views) != 0
        or sum(bounces) != 0
        or sum(events) != 0
    ) as pairs
    left join choices_day as firsts on firsts.site = pairs.site
      and firsts.day = pairs.day
      and firsts.dimension = pairs.first_dimension
      and firsts.value = pairs.first_value
      and firsts.value != '(other)'
    left join choices_day as seconds on seconds.site = pairs.site
      and seconds.day = pairs.day
      and seconds.dimension = pairs.second_dimension
      and seconds.value = pairs.second_value
      and seconds.value != '(other)'
  )
)
group by 1, 2, 3, 4, 5, 6
having max(sum(shown), sum(ignored), sum(choices)) >= 5;

pragma user_version = 7;

-- Version 1 of the views for people: readable names, days and hours, and small cells folded as answers fold them, with a limit of five visitors.

-- A site's days.
create or replace view $database.days$on_cluster as
select
  site,
  day,
  sum(totals_hour.visitors) as visitors,
  sum(totals_hour.visits + totals_hour.carried) as visits,
  sum(totals_hour.views) as pageviews,
  sum(totals_hour.events) as events,
  sum(totals_hour.bounces) as bounces,
  sum(totals_hour.seconds) as seconds
from $database.totals_hour
group by site, day;

-- A site's hours, in UTC.
create or replace view $database.hours$on_cluster as
select
  site,
  hour,
  sum(totals_hour.visitors_hour) as visitors,
  sum(totals_hour.visits_hour) as visits,
  sum(totals_hour.views) as pageviews,
  sum(totals_hour.events) as events
from $database.totals_hour
group by site, hour;

-- Days by value. Values nobody can read, and those of fewer than five visitors, are "(other)"; where that has fewer
-- itself, the smallest value joins it. Where none is left, it is left out, but of what every visitor has. One visitor can
-- have several values of what happened in a visit, so of these one must have five visitors. What is no value of visitors
-- has views of its own.
create or replace view $database.days_by_value$on_cluster as
select
  site,
  dimension,
  day,
  if(is_small or (has_small and hidden < 5 and place = 1), '(other)', label) as value,
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
    max(is_small) over (partition by site, dimension, day) as has_small,
    if(
      is_overlapping,
      max(if(is_small, least_people, 0)) over (partition by site, dimension, day),
      sum(if(is_small, people, 0)) over (partition by site, dimension, day)
    ) as hidden,
    row_number() over (partition by site, dimension, day, is_small order by people, label) as place
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
      label = '(other)' or people < 5 as is_small,
      startsWith(dimension, 'event:') and dimension != 'event:page' as is_overlapping,
      if(label = '(other)', intDiv(people + tokens - 1, tokens), people) as least_people
    from (
      select
        cells.site as site,
        cells.dimension as dimension,
        cells.day as day,
        multiIf(
          cells.value = '=', '(unknown)',
          startsWith(cells.value, '='), substring(cells.value, 2),
          named.value = '', '(other)',
          named.name
        ) as label,
        sum(cells.people) as people,
        sum(cells.active) as active,
        sum(cells.seen) as seen,
        sum(cells.happened) as happened,
        toInt64(count()) as tokens
      from (
        select
          site,
          dimension,
          day,
          value,
          sum(cells_hour.visitors) as people,
          sum(cells_hour.visits + cells_hour.carried) as active,
          sum(cells_hour.views) as seen,
          sum(cells_hour.events) as happened
        from $database.cells_hour
        where dimension not in ('event:choice', 'event:status', 'event:funnel', 'robot:name', 'dropped:reason')
          and not startsWith(dimension, 'choice:')
        group by site, dimension, day, value
      ) as cells
      left join (
        select
          site,
          dimension,
          value,
          any(name) as name
        from $database.names
        group by site, dimension, value
      ) as named on named.site = cells.site and named.dimension = cells.dimension and named.value = cells.value
      group by site, dimension, day, label
    )
    where people != 0
      or active != 0
      or seen != 0
      or happened != 0
  )
)
group by site, dimension, day, value
having min(is_small) = 0
  or max(hidden) >= 5
  or (max(is_overlapping) = 0 and dimension != 'visit:first_week');

-- Days by two values. A row of fewer than five visitors, or that leaves one to four of either value, is "(other)" in its
-- second value; where what is so folded of a first value has fewer than five, it is left out.
create or replace view $database.days_by_pair$on_cluster as
select
  site,
  dimension,
  value,
  second,
  day,
  if(is_small, '(other)', second_label) as second_value,
  sum(people) as visitors,
  sum(active) as visits,
  sum(seen) as pageviews,
  sum(happened) as events
from (
  select
    pairs.site as site,
    pairs.first as dimension,
    pairs.label as value,
    pairs.second as second,
    pairs.day as day,
    pairs.second_label as second_label,
    pairs.people as people,
    pairs.active as active,
    pairs.seen as seen,
    pairs.happened as happened,
    pairs.people < 5
      or pairs.second_label = '(other)'
      or (firsts.visitors - pairs.people) between 1 and 4
      or (seconds.people - pairs.people) between 1 and 4 as is_small
  from (
    select
      pairs.site as site,
      pairs.first as first,
      pairs.second as second,
      pairs.day as day,
      multiIf(
        pairs.first_value = '=', '(unknown)',
        startsWith(pairs.first_value, '='), substring(pairs.first_value, 2),
        one.value = '', '(other)',
        one.name
      ) as label,
      multiIf(
        pairs.second_value = '=', '(unknown)',
        startsWith(pairs.second_value, '='), substring(pairs.second_value, 2),
        two.value = '', '(other)',
        two.name
      ) as second_label,
      sum(pairs.people) as people,
      sum(pairs.active) as active,
      sum(pairs.seen) as seen,
      sum(pairs.happened) as happened
    from (
      select
        site,
        first,
        second,
        day,
        first_value,
        second_value,
        sum(pairs_day.visitors) as people,
        sum(pairs_day.visits + pairs_day.carried) as active,
        sum(pairs_day.views) as seen,
        sum(pairs_day.events) as happened
      from $database.pairs_day
      where second not in ('event:next_page', 'event:status')
      group by site, first, second, day, first_value, second_value
    ) as pairs
    left join (
      select
        site,
        dimension,
        value,
        any(name) as name
      from $database.names
      group by site, dimension, value
    ) as one on one.site = pairs.site and one.dimension = pairs.first and one.value = pairs.first_value
    left join (
      select
        site,
        dimension,
        value,
        any(name) as name
      from $database.names
      group by site, dimension, value
    ) as two on two.site = pairs.site and two.dimension = pairs.second and two.value = pairs.second_value
    group by site, first, second, day, label, second_label
  ) as pairs
  inner join $database.days_by_value as firsts
    on firsts.site = pairs.site
    and firsts.dimension = pairs.first
    and firsts.day = pairs.day
    and firsts.value = pairs.label
  left join (
    select
      site,
      dimension,
      day,
      value,
      visitors as people
    from $database.days_by_value
  ) as seconds
    on seconds.site = pairs.site
    and seconds.dimension = pairs.second
    and seconds.day = pairs.day
    and seconds.value = pairs.second_label
  where pairs.label != '(other)'
)
group by site, dimension, value, second, day, second_value
having visitors >= 5;

-- What visitors answered, by day. What was answered fewer than five times is "(other)"; where that is fewer than five itself,
-- the smallest answer joins it. Where none is left, it is left out.
create or replace view $database.choices_day$on_cluster as
select
  site,
  day,
  if(is_small or (has_small and hidden < 5 and place = 1), '(other)', label) as choice,
  sum(happened) as choices
from (
  select
    site,
    day,
    label,
    happened,
    is_small,
    max(is_small) over (partition by site, day) as has_small,
    sum(if(is_small, happened, 0)) over (partition by site, day) as hidden,
    row_number() over (partition by site, day, is_small order by happened, label) as place
  from (
    select
      site,
      day,
      label,
      happened,
      label = '(other)' or happened < 5 as is_small
    from (
      select
        cells.site as site,
        cells.day as day,
        multiIf(startsWith(cells.value, '='), substring(cells.value, 2), named.value = '', '(other)', named.name) as label,
        sum(cells.happened) as happened
      from (
        select
          site,
          day,
          value,
          sum(cells_hour.events) as happened
        from $database.cells_hour
        where dimension = 'event:choice'
        group by site, day, value
      ) as cells
      left join (
        select
          site,
          value,
          any(name) as name
        from $database.names
        where dimension = 'event:choice'
        group by site, value
      ) as named on named.site = cells.site and named.value = cells.value
      group by site, day, label
    )
    where happened != 0
  )
)
group by site, day, choice
having choices >= 5;

-- What navigations were answered with, by day.
create or replace view $database.statuses_day$on_cluster as
select
  site,
  day,
  label as status,
  sum(happened) as answers
from (
  select
    cells.site as site,
    cells.day as day,
    multiIf(startsWith(cells.value, '='), substring(cells.value, 2), named.value = '', '(other)', named.name) as label,
    cells.happened as happened
  from (
    select
      site,
      day,
      value,
      sum(cells_hour.events) as happened
    from $database.cells_hour
    where dimension = 'event:status'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from $database.names
    where dimension = 'event:status'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, status;

-- Robots that were not counted, by day.
create or replace view $database.robots_day$on_cluster as
select
  site,
  day,
  label as robot,
  sum(happened) as hits
from (
  select
    cells.site as site,
    cells.day as day,
    multiIf(startsWith(cells.value, '='), substring(cells.value, 2), named.value = '', '(other)', named.name) as label,
    cells.happened as happened
  from (
    select
      site,
      day,
      value,
      sum(cells_hour.events) as happened
    from $database.cells_hour
    where dimension = 'robot:name'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from $database.names
    where dimension = 'robot:name'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, robot;

-- Hits that were not counted, by day and reason.
create or replace view $database.dropped_day$on_cluster as
select
  site,
  day,
  label as reason,
  sum(happened) as hits
from (
  select
    cells.site as site,
    cells.day as day,
    multiIf(startsWith(cells.value, '='), substring(cells.value, 2), named.value = '', '(other)', named.name) as label,
    cells.happened as happened
  from (
    select
      site,
      day,
      value,
      sum(cells_hour.events) as happened
    from $database.cells_hour
    where dimension = 'dropped:reason'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from $database.names
    where dimension = 'dropped:reason'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, reason;

-- Visits that reached a step of a funnel, by day. Steps of fewer than five visitors are left out.
create or replace view $database.funnels_day$on_cluster as
select
  site,
  day,
  label as step,
  sum(people) as visitors,
  sum(begun) as visits
from (
  select
    cells.site as site,
    cells.day as day,
    multiIf(startsWith(cells.value, '='), substring(cells.value, 2), named.value = '', '(other)', named.name) as label,
    cells.people as people,
    cells.begun as begun
  from (
    select
      site,
      day,
      value,
      sum(cells_hour.visitors) as people,
      sum(cells_hour.visits) as begun
    from $database.cells_hour
    where dimension = 'event:funnel'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from $database.names
    where dimension = 'event:funnel'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, step
having visitors >= 5
  and step != '(other)';

-- The page that was seen after a page, by day. Steps of fewer than five visitors, and pages nobody can read, are left out.
create or replace view $database.journeys_day$on_cluster as
select
  site,
  day,
  label as page,
  next_label as next_page,
  sum(people) as visitors,
  sum(begun) as visits
from (
  select
    pairs.site as site,
    pairs.day as day,
    multiIf(startsWith(pairs.first_value, '='), substring(pairs.first_value, 2), one.value = '', '(other)', one.name) as label,
    multiIf(startsWith(pairs.second_value, '='), substring(pairs.second_value, 2), two.value = '', '(other)', two.name) as next_label,
    pairs.people as people,
    pairs.begun as begun
  from (
    select
      site,
      day,
      first_value,
      second_value,
      sum(pairs_day.visitors) as people,
      sum(pairs_day.visits) as begun
    from $database.pairs_day
    where first = 'event:page'
      and second = 'event:next_page'
    group by site, day, first_value, second_value
  ) as pairs
  left join (
    select
      site,
      value,
      any(name) as name
    from $database.names
    where dimension = 'event:page'
    group by site, value
  ) as one on one.site = pairs.site and one.value = pairs.first_value
  left join (
    select
      site,
      value,
      any(name) as name
    from $database.names
    where dimension = 'event:next_page'
    group by site, value
  ) as two on two.site = pairs.site and two.value = pairs.second_value
)
group by site, day, page, next_page
having visitors >= 5
  and page != '(other)'
  and next_page != '(other)';

-- What receipts were given for, by day: neither number nor second, and nothing of what was erased.
create or replace view $database.receipts_day$on_cluster as
select
  site,
  toDate(time) as day,
  action,
  layer,
  uniqExact(ledger, place) as receipts
from $database.receipts
where erased_by = 0
  and id != ''
group by site, day, action, layer;

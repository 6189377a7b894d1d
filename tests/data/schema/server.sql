-- Version 1 of the tables: counts, seconds, milliseconds, percent and thousandths of a currency, by hour and day.

create database if not exists `consentry`;

-- What was done to this database, one row each; the highest version counts.
create table if not exists `consentry`.schema (
  version UInt32,
  hours_days UInt32,
  months UInt32,
  applied_at DateTime('UTC') default now()
)
engine = ReplacingMergeTree
order by (version, hours_days, months, applied_at);

-- What gateways insert. Nothing is kept here: views hand each row on.
create table if not exists `consentry`.tallies (
  kind Enum8('total' = 1, 'cell' = 2, 'pair' = 3, 'name' = 4),
  site LowCardinality(String),
  day Date,
  hour DateTime('UTC'),
  dimension LowCardinality(String),
  token UInt64,
  word String,
  second LowCardinality(String),
  second_token UInt64,
  second_word String,
  visitors Int64,
  visitors_hour Int64,
  visits Int64,
  visits_hour Int64,
  carried Int64,
  views Int64,
  events Int64,
  bounces Int64,
  seconds Int64,
  entries Int64,
  exits Int64,
  revenue Int64,
  orders Int64,
  engaged_ms Int64,
  scroll Int64,
  scrolls Int64
)
engine = Null;

create table if not exists `consentry`.totals_hour (
  site LowCardinality(String),
  day Date codec(Delta, ZSTD(1)),
  hour DateTime('UTC') codec(Delta, ZSTD(1)),
  visitors Int64 codec(T64, ZSTD(1)),
  visitors_hour Int64 codec(T64, ZSTD(1)),
  visits Int64 codec(T64, ZSTD(1)),
  visits_hour Int64 codec(T64, ZSTD(1)),
  carried Int64 codec(T64, ZSTD(1)),
  views Int64 codec(T64, ZSTD(1)),
  events Int64 codec(T64, ZSTD(1)),
  bounces Int64 codec(T64, ZSTD(1)),
  seconds Int64 codec(T64, ZSTD(1)),
  entries Int64 codec(T64, ZSTD(1)),
  exits Int64 codec(T64, ZSTD(1)),
  revenue Int64 codec(T64, ZSTD(1)),
  orders Int64 codec(T64, ZSTD(1)),
  engaged_ms Int64 codec(T64, ZSTD(1)),
  scroll Int64 codec(T64, ZSTD(1)),
  scrolls Int64 codec(T64, ZSTD(1))
)
engine = SummingMergeTree
partition by toYYYYMM(day)
primary key (site, day)
order by (site, day, hour)
ttl
  day + interval 90 day group by site, day set
    hour = min(hour),
    visitors = sum(visitors),
    visitors_hour = sum(visitors),
    visits = sum(visits),
    visits_hour = sum(visits) + sum(carried),
    carried = sum(carried),
    views = sum(views),
    events = sum(events),
    bounces = sum(bounces),
    seconds = sum(seconds),
    entries = sum(entries),
    exits = sum(exits),
    revenue = sum(revenue),
    orders = sum(orders),
    engaged_ms = sum(engaged_ms),
    scroll = sum(scroll),
    scrolls = sum(scrolls),
  day + interval 25 month delete
settings non_replicated_deduplication_window = 100000;

create materialized view if not exists `consentry`.totals_hour_in to `consentry`.totals_hour as
select
  site,
  day,
  hour,
  sum(visitors) as visitors,
  sum(visitors_hour) as visitors_hour,
  sum(visits) as visits,
  sum(visits_hour) as visits_hour,
  sum(carried) as carried,
  sum(views) as views,
  sum(events) as events,
  sum(bounces) as bounces,
  sum(seconds) as seconds,
  sum(entries) as entries,
  sum(exits) as exits,
  sum(revenue) as revenue,
  sum(orders) as orders,
  sum(engaged_ms) as engaged_ms,
  sum(scroll) as scroll,
  sum(scrolls) as scrolls
from `consentry`.tallies
where kind = 'total'
group by site, day, hour;

-- Sums of one row are much alike: visits are kept, and what others have more or less, which is nearly always nothing. The
-- names of sums are computed columns.
-- A value is '=' and a word of a closed vocabulary, or '#' and a token in hexadecimal, see names.
create table if not exists `consentry`.cells_hour (
  site LowCardinality(String),
  dimension LowCardinality(String),
  day Date codec(Delta, ZSTD(1)),
  hour DateTime('UTC') codec(Delta, ZSTD(1)),
  value LowCardinality(String) codec(ZSTD(1)),
  visits_base Int64 codec(T64, ZSTD(1)),
  carried Int64 codec(T64, ZSTD(1)),
  visits_over_visitors Int64 codec(T64, ZSTD(1)),
  views_over_visits Int64 codec(T64, ZSTD(1)),
  events_over_views Int64 codec(T64, ZSTD(1)),
  visits_over_entries Int64 codec(T64, ZSTD(1)),
  visits_over_exits Int64 codec(T64, ZSTD(1)),
  visitors_hour_over_visitors Int64 codec(T64, ZSTD(1)),
  visits_hour_over_visits Int64 codec(T64, ZSTD(1)),
  bounces Int64 codec(T64, ZSTD(1)),
  seconds Int64 codec(T64, ZSTD(1)),
  revenue Int64 codec(T64, ZSTD(1)),
  orders Int64 codec(T64, ZSTD(1)),
  engaged_ms Int64 codec(T64, ZSTD(1)),
  scroll Int64 codec(T64, ZSTD(1)),
  scrolls Int64 codec(T64, ZSTD(1)),
  visits Int64 alias visits_base,
  visitors Int64 alias visits_base - visits_over_visitors,
  visitors_hour Int64 alias visits_base - visits_over_visitors + visitors_hour_over_visitors,
  visits_hour Int64 alias visits_base + visits_hour_over_visits,
  views Int64 alias visits_base + views_over_visits,
  events Int64 alias visits_base + views_over_visits + events_over_views,
  entries Int64 alias visits_base - visits_over_entries,
  exits Int64 alias visits_base - visits_over_exits
)
engine = SummingMergeTree
partition by toYYYYMM(day)
primary key (site, dimension, day, value)
order by (site, dimension, day, value, hour)
ttl
  day + interval 90 day group by site, dimension, day, value set
    hour = min(hour),
    visits_base = sum(visits_base),
    carried = sum(carried),
    visits_over_visitors = sum(visits_over_visitors),
    views_over_visits = sum(views_over_visits),
    events_over_views = sum(events_over_views),
    visits_over_entries = sum(visits_over_entries),
    visits_over_exits = sum(visits_over_exits),
    visitors_hour_over_visitors = 0 * sum(carried),
    visits_hour_over_visits = sum(carried),
    bounces = sum(bounces),
    seconds = sum(seconds),
    revenue = sum(revenue),
    orders = sum(orders),
    engaged_ms = sum(engaged_ms),
    scroll = sum(scroll),
    scrolls = sum(scrolls),
  day + interval 25 month delete
settings non_replicated_deduplication_window = 100000;

create materialized view if not exists `consentry`.cells_hour_in to `consentry`.cells_hour as
select
  site,
  dimension,
  day,
  hour,
  toLowCardinality(if(token = 0, concat('=', word), concat('#', lower(hex(token))))) as value,
  sum(visits) as visits_base,
  sum(carried) as carried,
  sum(visits - visitors) as visits_over_visitors,
  sum(views - visits) as views_over_visits,
  sum(events - views) as events_over_views,
  sum(visits - entries) as visits_over_entries,
  sum(visits - exits) as visits_over_exits,
  sum(visitors_hour - visitors) as visitors_hour_over_visitors,
  sum(visits_hour - visits) as visits_hour_over_visits,
  sum(bounces) as bounces,
  sum(seconds) as seconds,
  sum(revenue) as revenue,
  sum(orders) as orders,
  sum(engaged_ms) as engaged_ms,
  sum(scroll) as scroll,
  sum(scrolls) as scrolls
from `consentry`.tallies
where kind = 'cell'
group by site, dimension, day, hour, value;

-- Sums of an hour mean nothing in a row of a day, so visitors_hour and visits_hour are not kept here.
create table if not exists `consentry`.pairs_day (
  site LowCardinality(String),
  first LowCardinality(String),
  second LowCardinality(String),
  day Date codec(T64, ZSTD(3)),
  first_value LowCardinality(String) codec(ZSTD(1)),
  second_value LowCardinality(String) codec(ZSTD(1)),
  visits_base Int64 codec(T64, ZSTD(1)),
  carried Int64 codec(T64, ZSTD(1)),
  visits_over_visitors Int64 codec(T64, ZSTD(1)),
  views_over_visits Int64 codec(T64, ZSTD(1)),
  events_over_views Int64 codec(T64, ZSTD(1)),
  visits_over_entries Int64 codec(T64, ZSTD(1)),
  visits_over_exits Int64 codec(T64, ZSTD(1)),
  bounces Int64 codec(T64, ZSTD(1)),
  seconds Int64 codec(T64, ZSTD(1)),
  revenue Int64 codec(T64, ZSTD(1)),
  orders Int64 codec(T64, ZSTD(1)),
  engaged_ms Int64 codec(T64, ZSTD(1)),
  scroll Int64 codec(T64, ZSTD(1)),
  scrolls Int64 codec(T64, ZSTD(1)),
  visits Int64 alias visits_base,
  visitors Int64 alias visits_base - visits_over_visitors,
  views Int64 alias visits_base + views_over_visits,
  events Int64 alias visits_base + views_over_visits + events_over_views,
  entries Int64 alias visits_base - visits_over_entries,
  exits Int64 alias visits_base - visits_over_exits
)
engine = SummingMergeTree
partition by toYYYYMM(day)
order by (site, first, second, first_value, second_value, day)
ttl day + interval 25 month delete
settings non_replicated_deduplication_window = 100000;

create materialized view if not exists `consentry`.pairs_day_in to `consentry`.pairs_day as
select
  site,
  dimension as first,
  second,
  day,
  toLowCardinality(if(token = 0, concat('=', word), concat('#', lower(hex(token))))) as first_value,
  toLowCardinality(if(second_token = 0, concat('=', second_word), concat('#', lower(hex(second_token))))) as second_value,
  sum(visits) as visits_base,
  sum(carried) as carried,
  sum(visits - visitors) as visits_over_visitors,
  sum(views - visits) as views_over_visits,
  sum(events - views) as events_over_views,
  sum(visits - entries) as visits_over_entries,
  sum(visits - exits) as visits_over_exits,
  sum(bounces) as bounces,
  sum(seconds) as seconds,
  sum(revenue) as revenue,
  sum(orders) as orders,
  sum(engaged_ms) as engaged_ms,
  sum(scroll) as scroll,
  sum(scrolls) as scrolls
from `consentry`.tallies
where kind = 'pair'
group by site, first, second, day, first_value, second_value;

-- Names that tokens have earned.
create table if not exists `consentry`.names (
  site LowCardinality(String),
  dimension LowCardinality(String),
  value String codec(ZSTD(1)),
  name String codec(ZSTD(1)),
  since Date
)
engine = ReplacingMergeTree
order by (site, dimension, value)
ttl since + interval 25 month + interval 2 month delete
settings non_replicated_deduplication_window = 100000;

create materialized view if not exists `consentry`.names_in to `consentry`.names as
select
  site,
  dimension,
  concat('#', lower(hex(token))) as value,
  word as name,
  toDate(now(), 'UTC') as since
from `consentry`.tallies
where kind = 'name';

-- Copies of receipts, one row for each place of a ledger. A ledger is called by the hash of its first receipt. What was
-- erased has only its hashes, and in erased_by the place of the record that says so.
create table if not exists `consentry`.receipts (
  ledger LowCardinality(String),
  place UInt64 codec(Delta, ZSTD(1)),
  erased_by UInt64 codec(ZSTD(1)),
  id String codec(ZSTD(1)),
  time DateTime('UTC') codec(Delta, ZSTD(1)),
  site LowCardinality(String),
  action LowCardinality(String),
  layer LowCardinality(String),
  language LowCardinality(String),
  granted Array(String) codec(ZSTD(1)),
  refused Array(String) codec(ZSTD(1)),
  texts String codec(ZSTD(1)),
  previous String codec(ZSTD(1)),
  hash String codec(ZSTD(1))
)
engine = ReplacingMergeTree
order by (ledger, place)
settings non_replicated_deduplication_window = 100000;

-- Version 1 of the views for people: readable names, days and hours, and small cells folded as answers fold them, with a limit of five visitors.

-- A site's days.
create or replace view `consentry`.days as
select
  site,
  day,
  sum(totals_hour.visitors) as visitors,
  sum(totals_hour.visits + totals_hour.carried) as visits,
  sum(totals_hour.views) as pageviews,
  sum(totals_hour.events) as events,
  sum(totals_hour.bounces) as bounces,
  sum(totals_hour.seconds) as seconds
from `consentry`.totals_hour
group by site, day;

-- A site's hours, in UTC.
create or replace view `consentry`.hours as
select
  site,
  hour,
  sum(totals_hour.visitors_hour) as visitors,
  sum(totals_hour.visits_hour) as visits,
  sum(totals_hour.views) as pageviews,
  sum(totals_hour.events) as events
from `consentry`.totals_hour
group by site, hour;

-- Days by value. Values nobody can read, and those of fewer than five visitors, are "(other)"; where that has fewer
-- itself, the smallest value joins it. Where none is left, it is left out, but of what every visitor has. One visitor can
-- have several values of what happened in a visit, so of these one must have five visitors. What is no value of visitors
-- has views of its own.
create or replace view `consentry`.days_by_value as
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
        from `consentry`.cells_hour
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
        from `consentry`.names
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
create or replace view `consentry`.days_by_pair as
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
      from `consentry`.pairs_day
      where second not in ('event:next_page', 'event:status')
      group by site, first, second, day, first_value, second_value
    ) as pairs
    left join (
      select
        site,
        dimension,
        value,
        any(name) as name
      from `consentry`.names
      group by site, dimension, value
    ) as one on one.site = pairs.site and one.dimension = pairs.first and one.value = pairs.first_value
    left join (
      select
        site,
        dimension,
        value,
        any(name) as name
      from `consentry`.names
      group by site, dimension, value
    ) as two on two.site = pairs.site and two.dimension = pairs.second and two.value = pairs.second_value
    group by site, first, second, day, label, second_label
  ) as pairs
  inner join `consentry`.days_by_value as firsts
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
    from `consentry`.days_by_value
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
create or replace view `consentry`.choices_day as
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
        from `consentry`.cells_hour
        where dimension = 'event:choice'
        group by site, day, value
      ) as cells
      left join (
        select
          site,
          value,
          any(name) as name
        from `consentry`.names
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
create or replace view `consentry`.statuses_day as
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
    from `consentry`.cells_hour
    where dimension = 'event:status'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from `consentry`.names
    where dimension = 'event:status'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, status;

-- Robots that were not counted, by day.
create or replace view `consentry`.robots_day as
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
    from `consentry`.cells_hour
    where dimension = 'robot:name'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from `consentry`.names
    where dimension = 'robot:name'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, robot;

-- Hits that were not counted, by day and reason.
create or replace view `consentry`.dropped_day as
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
    from `consentry`.cells_hour
    where dimension = 'dropped:reason'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from `consentry`.names
    where dimension = 'dropped:reason'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, reason;

-- Visits that reached a step of a funnel, by day. Steps of fewer than five visitors are left out.
create or replace view `consentry`.funnels_day as
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
    from `consentry`.cells_hour
    where dimension = 'event:funnel'
    group by site, day, value
  ) as cells
  left join (
    select
      site,
      value,
      any(name) as name
    from `consentry`.names
    where dimension = 'event:funnel'
    group by site, value
  ) as named on named.site = cells.site and named.value = cells.value
)
group by site, day, step
having visitors >= 5
  and step != '(other)';

-- The page that was seen after a page, by day. Steps of fewer than five visitors, and pages nobody can read, are left out.
create or replace view `consentry`.journeys_day as
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
    from `consentry`.pairs_day
    where first = 'event:page'
      and second = 'event:next_page'
    group by site, day, first_value, second_value
  ) as pairs
  left join (
    select
      site,
      value,
      any(name) as name
    from `consentry`.names
    where dimension = 'event:page'
    group by site, value
  ) as one on one.site = pairs.site and one.value = pairs.first_value
  left join (
    select
      site,
      value,
      any(name) as name
    from `consentry`.names
    where dimension = 'event:next_page'
    group by site, value
  ) as two on two.site = pairs.site and two.value = pairs.second_value
)
group by site, day, page, next_page
having visitors >= 5
  and page != '(other)'
  and next_page != '(other)';

-- What receipts were given for, by day: neither number nor second, and nothing of what was erased.
create or replace view `consentry`.receipts_day as
select
  site,
  toDate(time) as day,
  action,
  layer,
  uniqExact(ledger, place) as receipts
from `consentry`.receipts
where erased_by = 0
  and id != ''
group by site, day, action, layer;

-- What was done to this database: one row.
insert into `consentry`.schema (version, hours_days, months)
select
  1,
  90,
  25;

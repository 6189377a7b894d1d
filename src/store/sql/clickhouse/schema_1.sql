-- Version 1 of the tables: counts, seconds, milliseconds, percent and thousandths of a currency, by hour and day.

create database if not exists $database$on_cluster;

-- What was done to this database, one row each; the highest version counts.
create table if not exists $database.schema$local$on_cluster (
  version UInt32,
  hours_days UInt32,
  months UInt32,
  applied_at DateTime('UTC') default now()
)
engine = $replacing(schema)
order by (version, hours_days, months, applied_at);

-- What gateways insert. Nothing is kept here: views hand each row on.
create table if not exists $database.tallies$local$on_cluster (
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

create table if not exists $database.totals_hour$local$on_cluster (
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
engine = $summing(totals_hour)
partition by toYYYYMM(day)
primary key (site, day)
order by (site, day, hour)
ttl
  day + interval $hours_days day group by site, day set
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
  day + interval $months month delete
settings $window;

create materialized view if not exists $database.totals_hour_in$local$on_cluster to $database.totals_hour$local as
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
from $database.tallies$local
where kind = 'total'
group by site, day, hour;

-- Sums of one row are much alike: visits are kept, and what others have more or less, which is nearly always nothing. The
-- names of sums are computed columns.
-- A value is '=' and a word of a closed vocabulary, or '#' and a token in hexadecimal, see names.
create table if not exists $database.cells_hour$local$on_cluster (
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
engine = $summing(cells_hour)
partition by toYYYYMM(day)
primary key (site, dimension, day, value)
order by (site, dimension, day, value, hour)
ttl
  day + interval $hours_days day group by site, dimension, day, value set
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
  day + interval $months month delete
settings $window;

create materialized view if not exists $database.cells_hour_in$local$on_cluster to $database.cells_hour$local as
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
from $database.tallies$local
where kind = 'cell'
group by site, dimension, day, hour, value;

-- Sums of an hour mean nothing in a row of a day, so visitors_hour and visits_hour are not kept here.
create table if not exists $database.pairs_day$local$on_cluster (
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
engine = $summing(pairs_day)
partition by toYYYYMM(day)
order by (site, first, second, first_value, second_value, day)
ttl day + interval $months month delete
settings $window;

create materialized view if not exists $database.pairs_day_in$local$on_cluster to $database.pairs_day$local as
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
from $database.tallies$local
where kind = 'pair'
group by site, first, second, day, first_value, second_value;

-- Names that tokens have earned.
create table if not exists $database.names$local$on_cluster (
  site LowCardinality(String),
  dimension LowCardinality(String),
  value String codec(ZSTD(1)),
  name String codec(ZSTD(1)),
  since Date
)
engine = $replacing(names)
order by (site, dimension, value)
ttl since + interval $months month + interval 2 month delete
settings $window;

create materialized view if not exists $database.names_in$local$on_cluster to $database.names$local as
select
  site,
  dimension,
  concat('#', lower(hex(token))) as value,
  word as name,
  toDate(now(), 'UTC') as since
from $database.tallies$local
where kind = 'name';

-- Copies of receipts, one row for each place of a ledger. A ledger is called by the hash of its first receipt. What was
-- erased has only its hashes, and in erased_by the place of the record that says so.
create table if not exists $database.receipts$local$on_cluster (
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
engine = $replacing(receipts)
order by (ledger, place)
settings $window;

-- Sums of visits in cells: counts of visitors, visits, page views and events, and seconds; times are UTC hours since 1970 and site-local days since 1970-01-01.

create table sites (
  id integer primary key,
  name text not null unique
) strict;

create table dimensions (
  id integer primary key,
  name text not null unique
) strict;

-- A value is text (a word of a closed vocabulary) or an integer (a token, see names).
create table names (
  site integer not null references sites (id),
  dimension integer not null references dimensions (id),
  token integer not null,
  name text not null,
  primary key (site, dimension, token)
) strict, without rowid;

create index names_by_name on names (site, dimension, name);

create table totals_hour (
  site integer not null references sites (id),
  day integer not null,
  hour integer not null,
  visitors integer not null,
  visitors_hour integer not null,
  visits integer not null,
  visits_hour integer not null,
  carried integer not null,
  views integer not null,
  events integer not null,
  bounces integer not null,
  seconds integer not null,
  entries integer not null,
  exits integer not null,
  primary key (site, day, hour)
) strict, without rowid;

create table cells_hour (
  site integer not null references sites (id),
  dimension integer not null references dimensions (id),
  day integer not null,
  hour integer not null,
  value any not null,
  visitors integer not null,
  visitors_hour integer not null,
  visits integer not null,
  visits_hour integer not null,
  carried integer not null,
  views integer not null,
  events integer not null,
  bounces integer not null,
  seconds integer not null,
  entries integer not null,
  exits integer not null,
  primary key (site, dimension, day, hour, value)
) strict, without rowid;

-- Sums of an hour mean nothing in a row of a day, so visitors_hour and visits_hour are not kept here.
create table pairs_day (
  site integer not null references sites (id),
  first integer not null references dimensions (id),
  second integer not null references dimensions (id),
  day integer not null,
  first_value any not null,
  second_value any not null,
  visitors integer not null,
  visits integer not null,
  carried integer not null,
  views integer not null,
  events integer not null,
  bounces integer not null,
  seconds integer not null,
  entries integer not null,
  exits integer not null,
  primary key (site, first, second, day, first_value, second_value)
) strict, without rowid;

-- Batches that are in the sums: a batch that is sent again is not added again.
create table batches (
  id blob primary key,
  applied_at integer not null
) strict, without rowid;

create index batches_by_age on batches (applied_at);

-- For people: a site's days.
create view days as
select
  sites.name as site,
  date(totals_hour.day * 86400, 'unixepoch') as day,
  sum(visitors) as visitors,
  sum(visits + carried) as visits,
  sum(views) as pageviews,
  sum(events) as events,
  sum(bounces) as bounces,
  sum(seconds) as seconds
from totals_hour
join sites on sites.id = totals_hour.site
group by totals_hour.site, totals_hour.day;

-- For people: a site's hours, in UTC.
create view hours as
select
  sites.name as site,
  strftime('%Y-%m-%dT%H:00Z', totals_hour.hour * 3600, 'unixepoch') as hour,
  sum(visitors_hour) as visitors,
  sum(visits_hour) as visits,
  sum(views) as pageviews,
  sum(events) as events
from totals_hour
join sites on sites.id = totals_hour.site
group by totals_hour.site, totals_hour.hour;

-- For people: days by value. Values nobody can read, and those of fewer than five visitors, are "(other)".
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
  group by 1, 2, 3, 4
)
group by 1, 2, 3, 4;

pragma user_version = 1;

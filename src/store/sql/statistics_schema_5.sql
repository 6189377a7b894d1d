-- Version 5: a closed day's pairs in few bytes, and its sums by value; which days are packed; steps of journeys that people can read when they are.

-- Values of a dimension that packed pairs of a day name by their places in this list.
create table packed_values (
  day integer not null,
  site integer not null references sites (id),
  dimension integer not null references dimensions (id),
  list blob not null,
  primary key (day, site, dimension)
) strict, without rowid;

-- Pairs of two dimensions on a day, in parts.
create table packed_pairs (
  day integer not null,
  site integer not null references sites (id),
  first integer not null references dimensions (id),
  second integer not null references dimensions (id),
  part integer not null,
  pairs blob not null,
  primary key (day, site, first, second, part)
) strict, without rowid;

-- Sums of a day by the values of a dimension, in parts, of days that are packed: those of its rows in cells_hour.
create table packed_cells (
  day integer not null,
  site integer not null references sites (id),
  dimension integer not null references dimensions (id),
  part integer not null,
  cells blob not null,
  primary key (day, site, dimension, part)
) strict, without rowid;

-- Of packed journeys: steps that five visitors or more took, and all others as one.
create table packed_journeys (
  day integer not null,
  site integer not null references sites (id),
  page any not null,
  next_page any not null,
  visitors integer not null,
  visits integer not null,
  primary key (day, site, page, next_page)
) strict, without rowid;

-- Nothing has come since the day was packed.
alter table days_kept add column is_packed integer not null default 0;

create index days_to_pack on days_kept (day) where is_packed = 0;

-- For people: the page that was seen after a page, by day. Steps of fewer than five visitors are "(other)".
drop view journeys_day;

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
group by 1, 2, 3, 4;

pragma user_version = 5;

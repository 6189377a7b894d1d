-- Version 4: which days of a site are kept, and whether their hours are apart; since which UTC day a name is known. What is old is found by them.

create table days_kept (
  site integer not null references sites (id),
  day integer not null,
  has_hours integer not null,
  primary key (day, site)
) strict, without rowid;

insert into days_kept (site, day, has_hours)
select site, day, 1 from totals_hour
union
select site, day, 1 from cells_hour;

alter table names add column since integer not null default 0;

update names set since = unixepoch() / 86400;

pragma user_version = 4;

-- Names seen in traffic, one row for each site, thing, name and way it was seen by; seen counts sightings. And reports
-- of browsers about the fence, one row for each day; times counts reports. Days as YYYY-MM-DD in the site's time zone.

create table things (
  site text not null,
  thing text not null,
  name text not null,
  via text not null,
  first_day text not null,
  last_day text not null,
  seen integer not null,
  primary key (site, thing, name, via)
) strict, without rowid;

create table reports (
  site text not null,
  day text not null,
  directive text not null,
  blocked text not null,
  page text not null,
  times integer not null,
  primary key (site, day, directive, blocked, page)
) strict, without rowid;

pragma user_version = 1;

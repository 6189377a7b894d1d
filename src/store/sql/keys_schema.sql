-- What became of keys, one row each, in the order in which it was written down; time in seconds since 1970. The keys
-- themselves are in no file.

create table keys (
  place integer primary key,
  time integer not null,
  site text not null,
  kind text not null,
  period text not null,
  fate text not null,
  commitment blob not null,
  previous blob not null,
  hash blob not null
) strict;

create index keys_by_site on keys (site, place);

pragma user_version = 1;

-- Receipts of choices, one row each, in the order in which they were given; time in seconds since 1970.

create table receipts (
  place integer primary key,
  id blob not null,
  time integer not null,
  site text not null,
  action text not null,
  granted text not null,
  refused text not null,
  texts blob not null,
  previous blob not null,
  hash blob not null
) strict;

create index receipts_by_id on receipts (id);

pragma user_version = 1;

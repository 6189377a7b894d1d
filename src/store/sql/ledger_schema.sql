-- Receipts of choices, one row each, in the order in which they were given; time in seconds since 1970.

-- Where erased_by is a place, the content is gone (empty texts, an empty id) and previous and hash are left.
create table receipts (
  place integer primary key,
  form integer not null,
  id blob not null,
  time integer not null,
  site text not null,
  action text not null,
  layer text not null,
  language text not null,
  granted text not null,
  refused text not null,
  texts blob not null,
  previous blob not null,
  hash blob not null,
  erased_by integer
) strict;

create index receipts_by_id on receipts (id);

create index receipts_by_time on receipts (time) where erased_by is null;

-- What visitors were shown, as JSON, under the hash that receipts call it by.
create table notices (
  hash blob primary key,
  first_used integer not null,
  content text not null
) strict, without rowid;

pragma user_version = 2;

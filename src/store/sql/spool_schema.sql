-- Batches that the store has not confirmed, one row each, and how many tallies were merged, lost or set aside since the file was made.

create table batches (
  place integer primary key autoincrement,
  boot integer not null,
  sequence integer not null,
  is_sent integer not null default 0,
  is_set_aside integer not null default 0,
  appended_at integer not null,
  body blob not null,
  unique (boot, sequence)
) strict;

create table counts (
  what text primary key,
  count integer not null
) strict, without rowid;

pragma user_version = 1;

-- Tokens of analysts, one row each; only hashes are kept. created_at in seconds since 1970; a null site means all sites.

create table tokens (
  hash blob primary key,
  name text not null,
  site text,
  created_at integer not null
) strict, without rowid;

pragma user_version = 1;

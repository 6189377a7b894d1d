-- Receipts of version 1 had neither layer nor language, and could not be erased.

alter table receipts add column form integer not null default 1;

alter table receipts add column layer text not null default '';

alter table receipts add column language text not null default '';

alter table receipts add column erased_by integer;

create index receipts_by_time on receipts (time) where erased_by is null;

create table notices (
  hash blob primary key,
  first_used integer not null,
  content text not null
) strict, without rowid;

pragma user_version = 2;

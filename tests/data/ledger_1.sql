-- Two receipts as version 1 of the ledger kept them: its schema, and hashes by its rule.
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

insert into receipts values (1, x'07070707070707070707070707070707', 1772452801, 'shop', 'granted', 'statistics', 'preferences
marketing', x'0909090909090909090909090909090909090909090909090909090909090909', x'0000000000000000000000000000000000000000000000000000000000000000', x'2a47b5e70005596d23c590ab1ae4c08a98ec92d3bc810a4853c597e4a4be1996');
insert into receipts values (2, x'07070707070707070707070707070707', 1772452802, 'shop', 'withdrawn', '', 'preferences
statistics
marketing', x'0909090909090909090909090909090909090909090909090909090909090909', x'2a47b5e70005596d23c590ab1ae4c08a98ec92d3bc810a4853c597e4a4be1996', x'102ac6b5c19528708e3ca0464a856df945c921b7d5aa5b779790b7eac801d319');

pragma user_version = 1;

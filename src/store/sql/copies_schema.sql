-- Parts of this directory's statistics that went to another store, by the batch that each was.
create table copies (
  destination text not null,
  site text not null,
  -- The names of the site, or one of its days.
  what text not null,
  part integer not null,
  batch blob not null,
  -- Has the store confirmed it? Else it may or may not be there.
  is_there integer not null,
  primary key (destination, site, what, part)
) strict, without rowid;

pragma user_version = 1;

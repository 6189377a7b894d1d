-- Files whose visits are in the statistics: how far each was counted, in bytes of its content. Hashes are of BLAKE3.
create table imports (
  id integer primary key,
  site text not null,
  -- What the file is known by: its first bytes, hashed.
  head_bytes integer not null,
  head blob not null,
  -- What was counted with: settings, program and places, hashed.
  rules blob not null,
  -- Counting began here with nothing in memory; what stands before was counted under other rules.
  base integer not null,
  -- Bytes, and lines, whose sums the store has; and the hash of these bytes.
  counted integer not null,
  counted_lines integer not null,
  content blob not null,
  -- The batches' name, and the next one's number.
  boot integer not null,
  sequence integer not null,
  -- Where a batch ends that is on its way to the store; and whether the file ended there.
  pending integer,
  pending_is_end integer not null,
  -- Where an import that is taken back begins that is still in the statistics.
  undone integer
) strict;

create unique index imports_by_head on imports (site, head_bytes, head);

-- Where a file ended when it was imported: what waited for its place in time was counted there.
create table import_ends (
  import integer not null references imports (id) on delete cascade,
  position integer not null,
  primary key (import, position)
) strict, without rowid;

pragma user_version = 1;

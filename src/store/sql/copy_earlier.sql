-- A file of a version before 5 has packed nothing: tables of this connection's own stand in, and stay empty.
create temp table packed_pairs (
  day integer not null,
  site integer not null,
  first integer not null,
  second integer not null,
  part integer not null,
  pairs blob not null,
  primary key (day, site, first, second, part)
) strict, without rowid;

create temp table packed_values (
  day integer not null,
  site integer not null,
  dimension integer not null,
  list blob not null,
  primary key (day, site, dimension)
) strict, without rowid;

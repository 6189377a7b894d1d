-- One import goes on under other rules, with nothing in memory, from a position in bytes.
update imports
set
  rules = :rules,
  base = :base
where id = :id

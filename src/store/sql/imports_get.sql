-- One imported file: positions are bytes.
select
  rules,
  base,
  counted,
  counted_lines,
  content,
  boot,
  sequence,
  pending,
  pending_is_end,
  undone
from imports
where id = :id

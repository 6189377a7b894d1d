-- One file whose import begins.
insert into imports (
  site,
  head_bytes,
  head,
  rules,
  base,
  counted,
  counted_lines,
  content,
  boot,
  sequence,
  pending_is_end
)
values (
  :site,
  :head_bytes,
  :head,
  :rules,
  0,
  0,
  0,
  :content,
  :boot,
  1,
  0
)

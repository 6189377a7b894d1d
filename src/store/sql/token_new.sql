-- Tokens, one row each.
insert into tokens (hash, name, site, created_at)
values (:hash, :name, :site, :created_at)

-- Names of tokens, one row each; the first name of a token stays.
insert into names (site, dimension, token, name, since)
values (:site, :dimension, :token, :name, :since)
on conflict (site, dimension, token) do nothing

-- Names of tokens, one row each; the first name of a token stays.
insert into names (site, dimension, token, name)
values (:site, :dimension, :token, :name)
on conflict (site, dimension, token) do nothing

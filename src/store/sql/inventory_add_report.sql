-- Adds reports about one directive, blocked host and page.
insert into reports (site, day, directive, blocked, page, times)
values (:site, :day, :directive, :blocked, :page, :times)
on conflict (site, day, directive, blocked, page) do update set
  times = times + excluded.times

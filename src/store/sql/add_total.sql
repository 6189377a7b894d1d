-- Adds to a site's hour: counts, and seconds.
insert into totals_hour (
  site,
  day,
  hour,
  visitors,
  visitors_hour,
  visits,
  visits_hour,
  carried,
  views,
  events,
  bounces,
  seconds,
  entries,
  exits
)
values (
  :site,
  :day,
  :hour,
  :visitors,
  :visitors_hour,
  :visits,
  :visits_hour,
  :carried,
  :views,
  :events,
  :bounces,
  :seconds,
  :entries,
  :exits
)
on conflict (site, day, hour) do update set
  visitors = visitors + excluded.visitors,
  visitors_hour = visitors_hour + excluded.visitors_hour,
  visits = visits + excluded.visits,
  visits_hour = visits_hour + excluded.visits_hour,
  carried = carried + excluded.carried,
  views = views + excluded.views,
  events = events + excluded.events,
  bounces = bounces + excluded.bounces,
  seconds = seconds + excluded.seconds,
  entries = entries + excluded.entries,
  exits = exits + excluded.exits

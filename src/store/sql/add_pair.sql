-- Adds to the day of two values: counts, and seconds.
insert into pairs_day (
  site,
  first,
  second,
  day,
  first_value,
  second_value,
  visitors,
  visits,
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
  :first,
  :second,
  :day,
  :first_value,
  :second_value,
  :visitors,
  :visits,
  :carried,
  :views,
  :events,
  :bounces,
  :seconds,
  :entries,
  :exits
)
on conflict (site, first, second, day, first_value, second_value) do update set
  visitors = visitors + excluded.visitors,
  visits = visits + excluded.visits,
  carried = carried + excluded.carried,
  views = views + excluded.views,
  events = events + excluded.events,
  bounces = bounces + excluded.bounces,
  seconds = seconds + excluded.seconds,
  entries = entries + excluded.entries,
  exits = exits + excluded.exits

-- How long what is kept: days of hours, months of everything.

alter table $database.totals_hour$local$on_cluster modify ttl
  day + interval $hours_days day group by site, day set
    hour = min(hour),
    visitors = sum(visitors),
    visitors_hour = sum(visitors),
    visits = sum(visits),
    visits_hour = sum(visits) + sum(carried),
    carried = sum(carried),
    views = sum(views),
    events = sum(events),
    bounces = sum(bounces),
    seconds = sum(seconds),
    entries = sum(entries),
    exits = sum(exits),
    revenue = sum(revenue),
    orders = sum(orders),
    engaged_ms = sum(engaged_ms),
    scroll = sum(scroll),
    scrolls = sum(scrolls),
  day + interval $months month delete;

alter table $database.cells_hour$local$on_cluster modify ttl
  day + interval $hours_days day group by site, dimension, day, value set
    hour = min(hour),
    visits_base = sum(visits_base),
    carried = sum(carried),
    visits_over_visitors = sum(visits_over_visitors),
    views_over_visits = sum(views_over_visits),
    events_over_views = sum(events_over_views),
    visits_over_entries = sum(visits_over_entries),
    visits_over_exits = sum(visits_over_exits),
    visitors_hour_over_visitors = 0 * sum(carried),
    visits_hour_over_visits = sum(carried),
    bounces = sum(bounces),
    seconds = sum(seconds),
    revenue = sum(revenue),
    orders = sum(orders),
    engaged_ms = sum(engaged_ms),
    scroll = sum(scroll),
    scrolls = sum(scrolls),
  day + interval $months month delete;

alter table $database.pairs_day$local$on_cluster modify ttl day + interval $months month delete;

alter table $database.names$local$on_cluster modify ttl since + interval $months month + interval 2 month delete;

-- What was done to this database: one row.
insert into $database.schema (version, hours_days, months)
select
  $version,
  $hours_days,
  $months

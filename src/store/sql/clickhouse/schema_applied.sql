-- What was done to this database, one row.
insert into schema (version, hours_days, months)
select
  {version:UInt32},
  {hours_days:UInt32},
  {months:UInt32}

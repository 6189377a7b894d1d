-- Has a day pairs of two dimensions that are not packed?
select exists (
  select 1
  from pairs_day
  where site = :site and first = :first and second = :second and day = :day
)

-- Takes the steps of a day's journeys away.
delete from packed_journeys
where site = :site and day = :day

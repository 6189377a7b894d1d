-- Puts steps of a day's journeys: visitors and visits.
insert into packed_journeys (day, site, page, next_page, visitors, visits)
values (:day, :site, :page, :next_page, :visitors, :visits)

-- Puts a part of a day's sums by value.
insert into packed_cells (day, site, dimension, part, cells)
values (:day, :site, :dimension, :part, :cells)

-- Batches no longer remembered: those counted before a second since 1970.
delete from batches
where applied_at < :before

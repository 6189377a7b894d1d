-- One import no longer known.
delete from imports
where id = :id

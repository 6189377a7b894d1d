-- One name no longer kept.
delete from things
where site = :site and thing = :thing and name = :name

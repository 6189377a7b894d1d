-- Versions 1 and 2 kept two things that no hash covers: when a notice was first used, which nobody asks for, and the form of
-- receipts that were erased.

alter table notices drop column first_used;

update receipts set form = 0 where erased_by is not null;

pragma user_version = 3;

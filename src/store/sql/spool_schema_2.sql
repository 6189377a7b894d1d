-- Version 2: when a batch was first sent, in seconds since 1970; of those that were sent before, not later than the time at which they came.

alter table batches add column sent_at integer;

update batches
set sent_at = appended_at
where is_sent;

pragma user_version = 2;

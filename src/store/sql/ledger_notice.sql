-- What was shown, under its hash.
select content
from notices
where hash = :hash

-- The whole ledger as it is at this moment, without its journal, into a file that is empty.
vacuum into :file

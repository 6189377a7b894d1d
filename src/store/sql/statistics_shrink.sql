-- Gives pages that nothing stands on back to the system: 256 of them, one MiB.
pragma incremental_vacuum (256);

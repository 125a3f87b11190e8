"""The backfill: fills one column from stored answers, in bounded batches, while the application is live."""

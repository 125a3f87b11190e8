"""Page: everything about a backfill in one file of HTML."""

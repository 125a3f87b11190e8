"""SQLite: its catalogue, its checkpoints, its text that is none, and the script for `--sql`."""

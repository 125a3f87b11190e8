"""Ledger: what the database keeps of runs and of failures."""

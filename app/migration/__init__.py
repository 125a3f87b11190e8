"""The code behind alembic/: its environment, and what its revisions call."""

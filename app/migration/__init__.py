"""What alembic/ calls."""

"""The database: what every part needs of SQLAlchemy: engines, timestamps, URLs, the lock, readable errors."""

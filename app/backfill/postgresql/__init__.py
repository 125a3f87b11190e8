"""PostgreSQL: windows of blocks that the server fills by itself."""

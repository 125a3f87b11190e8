"""The application's table, and the write path. The migration uses the model and the adoption alone."""

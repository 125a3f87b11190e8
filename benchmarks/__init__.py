"""Measures this project next to what a user would otherwise write. Run `python -m benchmarks --help`."""

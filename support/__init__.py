"""Servers and commands that tests and benchmarks both start."""

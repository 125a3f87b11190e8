"""Citus: the shards of a distributed table."""

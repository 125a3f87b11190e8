"""Control: when a run waits, tries again, is told something, and ends."""

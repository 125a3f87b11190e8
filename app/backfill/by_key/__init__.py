"""Any database with a key: windows in the order of the key."""

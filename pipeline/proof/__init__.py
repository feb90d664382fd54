"""A workspace's log: entries that each hold the hash of the one before, signed where the workspace has a key."""

"""The folder that a run writes: its files, their identity, how they are published and read back."""

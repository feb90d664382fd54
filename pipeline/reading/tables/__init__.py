"""Tables of lakes and databases as drops: streamed by a process of their own, and named by the hash of their cells."""

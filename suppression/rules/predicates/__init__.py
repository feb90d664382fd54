"""Every question that a rule can ask: what it asks, what it reads, and what an unknown answer means."""

"""What is remembered between runs: arrivals, runs, contact history, returns and deletions."""

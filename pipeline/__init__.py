"""How a drop moves: reading, stages, runs, results, the ledger, and the command line."""

"""What is done to a batch and to a whole run: columns and findings are added, no row is ever removed."""

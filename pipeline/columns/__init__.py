"""Which source column is which field, and how cells and dates in them are written."""

"""Results as files that people and other systems take: rows, columns, how cells are written, the record."""

"""The files that suppression lists come in: opened, recognised and read in blocks, every entry accounted for."""

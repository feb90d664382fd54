"""Rows in review, decided by people: the queue, the file to fill in, what is released, and how it is undone."""

"""Rows in review, decided by people: the queue, the file that they fill in, what is released, and how that is undone."""

"""Duties of a workspace that have a date: what the law, a contract or its own settings want done by when."""

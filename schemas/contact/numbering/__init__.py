"""Numbering plans as tables: what the library would say of a number, found by binary search."""

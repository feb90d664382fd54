"""Exact membership of many values, on disk and memory-mapped: no false positives and no false negatives."""

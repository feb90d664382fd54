"""Reads formats of which every byte is believed (workbooks, Parquet, Arrow) in a process of their own."""

"""Workbooks (xlsx, xlsb, xls, ods): read in a process of their own, which may neither grow nor run without end."""

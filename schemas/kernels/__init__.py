"""Loops over the bytes of columns, compiled: what is asked of every cell of a drop.

How to read one: it is plain Python over numpy arrays. A column of text is ``bounds`` and ``data`` (see
`schemas.support.column_bytes`): value ``i`` is ``data[bounds[i]:bounds[i + 1]]``. The arrays named last take the
answers. Bytes are compared with ``ord("+")`` and ranges of figures, a class of bytes is a table of 256.

How to write one: a function under `@kernel` takes arrays and integers, returns nothing, and neither raises nor makes
arrays; what several of them need is a function under `@helper`. Both must be right in Python too, which does few rows.
`build.py` compiles all of them with numba, once for each machine and version; a run loads the result in some
milliseconds (`compiled.py`) and never imports numba.
"""

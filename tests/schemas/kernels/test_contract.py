"""What is counted of texts is what Python finds in them."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from schemas.kernels.contract import count_not_begun, count_without

_TEXTS = st.lists(st.none() | st.text("+@a\u00e9", max_size=4), max_size=100)


@given(_TEXTS, st.integers(0, 20))
def test_texts_are_counted_that_do_not_begin_with_a_byte_or_do_not_have_it(
    texts: list[str | None], skipped: int
) -> None:
    column = pa.array(texts, pa.large_string()).slice(skipped)
    nulls, bounds, data = column.buffers()
    places = np.frombuffer(bounds, np.int64)[column.offset : column.offset + len(column) + 1]
    bits, content = (np.frombuffer(buffer or b"", np.uint8) for buffer in (nulls, data))
    some = [text for text in texts[skipped:] if text is not None]
    for count, byte, expected in (
        (count_not_begun, "+", sum(not text.startswith("+") for text in some)),
        (count_without, "@", sum("@" not in text for text in some)),
    ):
        found = np.zeros(1, np.int64)
        count(places, bits, column.offset, content, ord(byte), found)
        assert found[0] == expected

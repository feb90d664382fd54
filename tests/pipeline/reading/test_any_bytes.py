"""Whatever the bytes: a file is read to its end, each line in one record, or refused by name. Nothing crashes."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.bench.fuzz import read_bytes
from tests.bench.pollution import corpus
from tests.conftest import DAY, leadscrub

pytestmark = pytest.mark.slow

SEEDS = [file.content[:1200] for file in corpus() if file.content][::3]
_TEXT_MARKS = ["\n", "\r", "\r\n", ",", ";", "|", "\t", '"', "'", "\\", "#", "\x00", "\ufeff", "a@b.co"]
MARKS = [*map(str.encode, _TEXT_MARKS), b"\xff"]


@st.composite
def mutated(draw: st.DrawFn) -> bytes:
    """A polluted file with marks put in, taken out, or put twice."""
    text = draw(st.sampled_from(SEEDS))
    for _ in range(draw(st.integers(1, 8))):
        at = draw(st.integers(0, len(text)))
        length = draw(st.integers(0, 12))
        text = text[:at] + draw(st.sampled_from([*MARKS, text[at : at + length] * 2, b""])) + text[at + length :]
    return text


@settings(max_examples=25, deadline=None)
@given(st.binary(max_size=400) | st.text(max_size=200).map(str.encode) | mutated(), st.integers(1, 3000))
@example(b'"\r\n"', 1)
@example(b"\xff\xfea", 1)
@example(b"a\rb\n\rc", 1)
@example("é".encode("utf-16-le") * 3, 1)
def test_any_bytes_are_read_or_refused_alike_in_blocks_of_any_size(content: bytes, block: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert read_bytes(content, Path(folder), block) == read_bytes(content, Path(folder))


@settings(max_examples=8, deadline=None)
@given(mutated() | st.binary(max_size=300).map(lambda noise: b"name,phone,email\nA,2025550100,\n" + noise))
def test_records_read_are_clean_or_rejected(content: bytes) -> None:
    """Through the whole command; what is refused ends with a sentence and exit code 4."""
    with tempfile.TemporaryDirectory() as folder:
        drop, out = Path(folder) / "drop.csv", Path(folder) / "out"
        drop.write_bytes(content)
        ran = leadscrub(
            *("scrub", drop, "-o", out, "--channel", "call", "--region", "US", "--as-of", DAY, "--threads", "1"),
            "--no-lists",
        )
        assert ran.code in (0, 4), ran.err
        assert ran.code == 0 or ran.err.startswith("leadscrub: ")
        assert ran.code == 4 or leadscrub("verify", out).code == 0

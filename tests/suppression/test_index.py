"""An index answers exactly as a Python set of the same values would."""

from __future__ import annotations

import random
import tempfile
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.errors import ListError
from suppression.index import texts
from suppression.index.digests import DigestBuilder, DigestIndex
from suppression.index.numbers import NumberBuilder, NumberIndex, number_key
from suppression.index.packed import KEY_FUNCTION, text_keys
from suppression.index.search import places
from suppression.index.texts import TextBuilder, TextIndex

#: E.164 numbers have 7 to 15 digits; the North American ones are treated apart.
numbers = (
    st.integers(1_000_000, 999_999_999_999_999)
    | st.integers(10_000_000_000, 19_999_999_999)
    | st.integers(12_025_550_100, 12_025_550_199)
    | st.integers(4_790_000_000, 4_790_000_099)
)
KEYS = {
    "": "0000000000000000",
    "a": "42394923d9115c6a",
    "jo@mail.example": "899985777ef2a2da",
    "jo@mail.example ": "b37d637cc4740c89",
    "é" * 9: "ab694f338c72cce4",
    "a" * 100: "df356e7575e582a6",
}


def number_index(folder: Path, blocks: list[list[int]]) -> NumberIndex:
    builder = NumberBuilder()
    for block in blocks:
        builder.add(np.array(block, dtype=np.uint64))
    return NumberIndex(folder, builder.write(folder), "test")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.lists(numbers, max_size=30), max_size=3), st.lists(st.none() | numbers, max_size=30))
@example([[12_025_550_100, 4_790_000_001]], [4_790_000_001, 12_025_550_100])
@example([[10_000_000_000, 19_999_999_999]], [10_000_000_000, 19_999_999_999, 20_000_000_000, None])
def test_numbers_are_a_set(blocks: list[list[int]], more: list[int | None]) -> None:
    """Whatever the order and the countries of the numbers; null is in no index."""
    expected = {number for block in blocks for number in block}
    wanted: list[int | None] = [*more, *expected]
    with tempfile.TemporaryDirectory() as folder:
        index = number_index(Path(folder), blocks)
        assert len(index) == len(expected)
        found = index.contains(pl.Series(wanted, dtype=pl.UInt64)).to_list()
        assert found == [number in expected for number in wanted]
        assert sorted(int(number) for part in index.each() for number in part) == sorted(expected)


def test_a_full_area_code_is_a_set_too(tmp_path: Path) -> None:
    """An area code with very many numbers is stored otherwise; neighbours, first and last number included."""
    draw = random.Random(3)
    full = {12_020_000_000, 12_029_999_999, *(12_020_000_000 + draw.randrange(10_000_000) for _ in range(400_000))}
    sparse = {12_010_000_000, 12_019_999_999, 12_030_000_000, 442_079_460_001, 4_790_000_001, 2_902_158}
    listed = sorted(full | sparse)
    draw.shuffle(listed)
    index = number_index(tmp_path, [listed[:100_000], listed[100_000:], listed[:10]])
    assert len(index) == len(full | sparse)
    asked = [12_020_000_000 + draw.randrange(10_000_000) for _ in range(20_000)] + sorted(sparse)
    asked += [number + 1 for number in sorted(sparse)]
    assert index.contains(pl.Series(asked, dtype=pl.UInt64)).to_list() == [n in full or n in sparse for n in asked]


@settings(max_examples=40, deadline=None)
@given(st.lists(st.text(min_size=1, max_size=12), max_size=30), st.lists(st.none() | st.text(max_size=3), max_size=30))
def test_texts_are_a_set(listed: list[str], more: list[str | None]) -> None:
    """Any text; null is in no index."""
    wanted: list[str | None] = [*more, *listed]
    builder = TextBuilder()
    builder.add(pl.Series(listed[::2], dtype=pl.String))
    builder.add(pl.Series([*listed[1::2], None], dtype=pl.String))
    with tempfile.TemporaryDirectory() as folder:
        index = TextIndex(Path(folder), builder.write(Path(folder), "texts"), "test")
        assert len(index) == len(set(listed))
        found = index.contains(pl.Series(wanted, dtype=pl.String)).to_list()
        assert found == [text is not None and text in set(listed) for text in wanted]
        assert sorted(text for part in index.each() for text in part) == sorted(set(listed))


def test_texts_of_any_length_are_a_set(tmp_path: Path) -> None:
    """Around multiples of eight bytes, and one longer than the block that is checked at a time."""
    long = (
        ["é" * length for length in range(20)]
        + ["a" * length for length in range(40)]
        + ["z" * n for n in (255, 256, 257, 300)]
    )
    listed = [*long[::2], "z" * 1_500_000]
    others = [*long[1::2], *(text + "\x00" for text in long), "z" * 299 + "y", "z" * 1_499_999 + "y"]
    builder = TextBuilder()
    builder.add(pl.Series(listed))
    index = TextIndex(tmp_path, builder.write(tmp_path, "texts"), "test")
    asked = [*listed, *others]
    assert index.contains(pl.Series(asked)).to_list() == [text in listed for text in asked]


def test_texts_that_share_a_key_are_told_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However bad the keys are, an answer is about the text."""
    monkeypatch.setattr(texts, "text_keys", lambda values: np.zeros(len(values), np.uint64))
    builder = TextBuilder()
    builder.add(pl.Series(["a@x.example", "b@x.example", "c@x.example"]))
    index = TextIndex(tmp_path, builder.write(tmp_path, "texts"), "test")
    wanted = pl.Series(["c@x.example", "d@x.example", None, "a@x.example"])
    assert index.contains(wanted).to_list() == [True, False, False, True]


def test_keys_are_what_they_were() -> None:
    """A store outlives a version of the program: another function is another name, and these are its values."""
    assert KEY_FUNCTION == "multiply-shift-64.1"
    values = pl.Series([*KEYS, None])
    assert [f"{int(key):016x}" for key in text_keys(values)] == [*KEYS.values(), "0" * 16]
    assert text_keys(values.slice(2, 3)).tolist() == text_keys(values)[2:5].tolist()


def test_an_index_by_another_key_is_refused(tmp_path: Path) -> None:
    """Its keys would match nothing: that is no answer."""
    builder = TextBuilder()
    builder.add(pl.Series(["a@x.example"]))
    record = builder.write(tmp_path, "texts")
    with pytest.raises(ListError, match="'test' was indexed by another version"):
        TextIndex(tmp_path, record | {"key": "another"}, "test")
    del record["key"]
    with pytest.raises(ListError, match="'test' was indexed by another version"):
        TextIndex(tmp_path, record, "test")


digests = st.binary(min_size=3, max_size=3).map(lambda end: b"\x00" * 13 + end) | st.binary(min_size=16, max_size=16)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(digests, max_size=20), max_size=3), st.lists(digests, max_size=20), st.integers(1, 600))
@example([[b"\x01" * 16, b"\x01" * 15 + b"\x00", b"\x01" * 16, b"\xff" * 16]], [b"\x01" * 15 + b"\x02"], 1)
def test_digests_are_a_set(blocks: list[list[bytes]], more: list[bytes], waiting: int) -> None:
    """Also where the first eight bytes are the same, and whenever what waits goes to disk."""
    expected = {digest for block in blocks for digest in block}
    wanted = [*more, *expected]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr("suppression.index.digests._WAITING_BYTES", waiting)
        folder = Path(name)
        builder = DigestBuilder(folder / "parts", 16)
        for block in blocks:
            builder.add(np.frombuffer(b"".join(block), np.uint8).reshape(-1, 16))
        index = DigestIndex(folder, builder.write(folder, "digests"), "test")
        assert len(index) == len(expected)
        found = index.hits(np.frombuffer(b"".join(wanted), np.uint8).reshape(-1, 16))
        assert found.tolist() == [digest in expected for digest in wanted]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 50) | st.integers(0, 2**64 - 1)), st.lists(st.integers(0, 2**64 - 1), max_size=20))
def test_places_are_those_of_a_search_for_each(ordered: list[int], more: list[int]) -> None:
    array, wanted = np.array(sorted(ordered), np.uint64), np.array([*more, *ordered], np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("suppression.index.search._AT_ONCE", 3)
        assert places(array, wanted).tolist() == np.searchsorted(array, wanted).tolist()


def test_a_changed_byte_is_found_at_lookup(tmp_path: Path) -> None:
    """In every file of a digest index that a lookup reads; the other blocks still answer."""
    draw = np.random.default_rng(5)
    listed = draw.integers(0, 256, (20_000, 32), dtype=np.uint8)
    builder = DigestBuilder(tmp_path / "parts", 32)
    builder.add(listed)
    record = builder.write(tmp_path, "digests")
    rest = tmp_path / "digests.rest"
    whole = rest.read_bytes()
    ordered = listed[np.lexsort(listed.T[::-1])]
    rest.write_bytes(whole[:-1] + bytes([whole[-1] ^ 1]))
    index = DigestIndex(tmp_path, record, "test")
    assert index.hits(ordered[:10]).all()
    with pytest.raises(ListError, match=r"'digests\.rest' is not as it was written, near byte \d+"):
        index.hits(ordered[-1:])
    rest.write_bytes(whole)
    keys = tmp_path / "digests.keys"
    keys.write_bytes(b"\x01" + keys.read_bytes()[1:])
    with pytest.raises(ListError, match=r"'digests\.keys' is not as it was written, near byte 0"):
        DigestIndex(tmp_path, record, "test").hits(ordered[-1:])


@pytest.mark.parametrize(("text", "key"), [("+12025550123", 12025550123), ("+2902158", 2902158), (None, None)])
def test_a_number_is_its_own_key(text: str | None, key: int | None) -> None:
    frame = pl.DataFrame({"phone": [text]}, schema={"phone": pl.String})
    assert frame.select(number_key(pl.col("phone"))).item() == key

"""Keys of texts, and indexes searched by keys: exact however the keys fall, and whatever happens to the files."""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
import numpy.typing as npt
import polars as pl
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from schemas.errors import ListError
from schemas.kernels.kernel import FEW_ROWS
from schemas.support.text_views import view_column
from suppression.index import texts
from suppression.index.digests import DigestBuilder, DigestIndex
from suppression.index.key_filter import KeyFilter
from suppression.index.packed import KEY_FUNCTION, text_keys
from suppression.index.search import Places, SortedKeys
from suppression.index.texts import TextBuilder, TextIndex

pytestmark = pytest.mark.slow

KEYS = {
    "": "0000000000000000",
    "a": "42394923d9115c6a",
    "jo@mail.example": "899985777ef2a2da",
    "jo@mail.example ": "b37d637cc4740c89",
    "é" * 9: "ab694f338c72cce4",
    "a" * 100: "df356e7575e582a6",
}


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


@settings(max_examples=30, deadline=None)
@given(
    st.lists(st.none() | st.text(max_size=40) | st.integers(250, 270).map(lambda size: "é" * (size // 2)), max_size=8)
)
def test_keys_of_many_texts_are_those_of_each(values: list[str | None]) -> None:
    """Few texts are keyed without a compiled loop."""
    many = pl.Series([*values, "end"] * (FEW_ROWS + 1), dtype=pl.String)
    few = pl.Series([*values, "end"], dtype=pl.String)
    assert text_keys(many, lower=True).tolist() == text_keys(few, lower=True).tolist() * (FEW_ROWS + 1)
    assert text_keys(many).tolist() == text_keys(few).tolist() * (FEW_ROWS + 1)


def test_what_is_there_for_a_null_is_not_read() -> None:
    """A column of another program may have any view there, of a text that begins anywhere."""
    rows = FEW_ROWS + 2
    views = np.random.default_rng(1).integers(-(2**31), 2**31 - 1, 4 * rows, dtype=np.int64).astype(np.int32)
    given = np.arange(rows) % 3 == 0
    views.reshape(rows, 4)[given] = [20, 0x64636261, 0, 3]
    column = view_column(views, [b"---abcdefghijklmnopqrst"], given)
    key = int(text_keys(pl.Series(["abcdefghijklmnopqrst"]))[0])
    assert text_keys(column).tolist() == [key if is_given else 0 for is_given in given.tolist()]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 200), max_size=200), st.lists(st.integers(0, 200)))
def test_a_filter_lets_all_pass_that_are_listed(keys: list[int], others: list[int]) -> None:
    listed = np.unique(np.array(keys, np.uint64))
    wanted = np.concatenate([listed, np.array(others, np.uint64), np.arange(FEW_ROWS + 1, dtype=np.uint64)])
    for by in ("low", "high"):
        marked = KeyFilter(len(listed), by)
        for part in np.array_split(listed, 2):
            marked.mark(part)
        passing = marked.passing(wanted)
        assert set(np.flatnonzero(np.isin(wanted, listed)).tolist()) <= set(passing.tolist())
        assert passing.tolist() == sorted(set(passing.tolist()))


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


_sorted = st.lists(st.integers(0, 50) | st.integers(0, 2**64 - 1), min_size=1).map(sorted)


@pytest.mark.parametrize("step", [2, 4, 64])
@settings(max_examples=60, deadline=None)
@given(_sorted, st.lists(st.integers(0, 60) | st.integers(0, 2**64 - 1), max_size=20), st.integers(0, 3))
@example([7] * 9, [6, 7, 8], 3)
@example([0, 2**64 - 1], [0, 1, 2**64 - 1], 0)
def test_every_entry_with_the_key_is_asked_about(step: int, ordered: list[int], more: list[int], answer: int) -> None:
    """From the first on, until one is the same; entries with other keys never are."""
    array, wanted = np.array(ordered, np.uint64), np.array([*more, *ordered], np.uint64)
    asked: list[tuple[int, int]] = []

    def same(rows: Places, places: Places) -> npt.NDArray[np.bool_]:
        asked.extend(zip(rows.tolist(), places.tolist(), strict=True))
        said: npt.NDArray[np.bool_] = (rows + places) % 4 == answer
        return said

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("suppression.index.search._AT_ONCE", 3)
        patch.setattr("suppression.index.search._STEP", step)
        found = SortedKeys(array).matching(wanted, same)
    expected, expected_found = [], []
    for row, value in enumerate(wanted.tolist()):
        places = [place for place, key in enumerate(ordered) if key == value]
        answers = [(row + place) % 4 == answer for place in places]
        last = answers.index(True) + 1 if any(answers) else len(answers)
        expected += [(row, place) for place in places[:last]]
        expected_found.append(any(answers))
    assert sorted(asked) == expected
    assert found.tolist() == expected_found


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

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
from schemas.kernels.listed import find_bits, find_tails, place_bits
from suppression.index.blobs import Blob, write_blob
from suppression.index.digests import DigestBuilder, DigestIndex
from suppression.index.number_tails import NumberTails
from suppression.index.numbers import NumberBuilder, NumberIndex, number_key
from suppression.index.texts import TextBuilder, TextIndex

pytestmark = pytest.mark.slow

#: E.164 numbers have 7 to 15 digits; the North American ones are treated apart.
numbers = (
    st.integers(1_000_000, 999_999_999_999_999)
    | st.integers(10_000_000_000, 19_999_999_999)
    | st.integers(12_025_550_100, 12_025_550_199)
    | st.integers(4_790_000_000, 4_790_000_099)
)


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
        index.release()
        with pytest.MonkeyPatch.context() as patch:
            # As if the list were far longer than what is asked.
            patch.setattr("suppression.index.numbers._WORTH_READING", 0)
            assert index.contains(pl.Series(wanted, dtype=pl.UInt64)).to_list() == found
        assert sorted(int(number) for part in index.each() for number in part) == sorted(expected)


_local = st.sampled_from([0, 1, 7, 8, 9_999_992, 9_999_999]) | st.integers(0, 9_999_999)
_of_plan = st.builds(
    lambda area, local: 10_000_000_000 + area * 10_000_000 + local, st.sampled_from([0, 202, 999]), _local
)


@settings(max_examples=30, deadline=None)
@given(
    st.lists(_of_plan, min_size=1, max_size=30),
    st.lists(_of_plan | numbers | st.integers(0, 2**64 - 1), max_size=60),
    st.lists(st.sampled_from([0, 7, 9_999_999_999, 20_000_000_000, 2**63, 2**64 - 1])),
)
@example([12_020_000_000, 19_999_999_999], [], [20_000_000_000, 9_999_999_999])
def test_numbers_of_bitmaps_are_a_set(listed: list[int], more: list[int], outside: list[int]) -> None:
    """Every area code has one; also asked for are numbers of codes without one, and of no plan."""
    members = set(listed)
    wanted = [*more, *outside, *listed, *(number ^ 1 for number in listed), *listed]
    expected = [number in members for number in wanted]
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr("suppression.index.numbers._WAITING", 1)
        index = number_index(Path(folder), [listed])
        assert (len(index), len(index._sorted_blob)) == (len(members), 0)
        assert index.hits(np.array(wanted, np.uint64)).tolist() == expected
        # As the few numbers of a look-up are sought.
        for kernel in (place_bits, find_bits):
            patch.setattr(f"suppression.index.numbers.{kernel.function.__name__}", kernel.function)
        with np.errstate(over="ignore"):
            assert index.hits(np.array(wanted, np.uint64)).tolist() == expected


@settings(max_examples=120, deadline=None)
@given(
    st.lists(numbers | st.integers(0, 2**64 - 1) | st.integers(2**32 - 9, 2**32 + 2**17), min_size=1, max_size=200),
    st.lists(st.integers(0, 200), max_size=3),
    st.lists(numbers, max_size=9),
    st.sampled_from([1, 3, 64]),
)
@example([0], [], [1], 64)
@example([2**64 - 1], [], [0], 64)
@example([0, 2**64 - 1], [1], [2**63], 1)
@example([2**32 - 1, 2**32, 2**32 + 2**16], [], [], 3)
def test_tails_are_a_set(drawn: list[int], cuts: list[int], more: list[int], together: int) -> None:
    """Wherever heads change and parts begin; neighbours, and numbers with the tail of one and the head of another."""
    listed = np.unique(np.array(drawn, np.uint64))
    tails = NumberTails((part for part in np.split(listed, sorted(cuts)) if len(part)), len(listed))
    one, head = np.uint64(1), np.uint64(1 << 16)
    ends = np.array([0, 2**64 - 1], np.uint64)
    near = [listed, listed + one, listed - one, listed + head, listed - head, ends, np.array(more, np.uint64)]
    wanted = np.random.default_rng(together).permutation(np.concatenate([*near, *near]))
    members = set(drawn)
    expected = [number in members for number in wanted.tolist()]
    with pytest.MonkeyPatch.context() as patch, np.errstate(over="ignore"):
        patch.setattr("suppression.index.number_tails._TOGETHER", together)
        assert tails.among(wanted).tolist() == expected
        assert tails.among(wanted[:0]).tolist() == []
        # As the few numbers of a look-up are sought.
        patch.setattr("suppression.index.number_tails.find_tails", find_tails.function)
        assert tails.among(wanted).tolist() == expected


def test_tails_of_a_filter_that_lets_all_pass_are_a_set(monkeypatch: pytest.MonkeyPatch) -> None:
    """A list that is too long for one: every number is searched, however far it is from those listed."""
    draw = np.random.default_rng(3)
    near = draw.integers(12_000_000_000, 12_000_900_000, 20_000).astype(np.uint64)
    listed = np.unique(np.concatenate([near, draw.integers(0, 10**15, 50).astype(np.uint64)]))
    wanted = np.concatenate([listed, near + np.uint64(7), draw.integers(0, 2**64 - 1, 99, np.uint64, endpoint=True)])
    monkeypatch.setattr("suppression.index.key_filter._MOST_KEYS", 0)
    found = NumberTails(iter(np.array_split(listed, 3)), len(listed)).among(wanted)
    assert found.tolist() == np.isin(wanted, listed).tolist()


def test_tails_of_one_head_are_a_set() -> None:
    """All 65,536 of them, and all but one."""
    numbers = np.arange(3 << 16, 4 << 16, dtype=np.uint64)
    wanted = np.arange(2 << 16, 5 << 16, dtype=np.uint64)
    for listed in (numbers, np.delete(numbers, 0), np.delete(numbers, 40_000), np.delete(numbers, -1)):
        found = NumberTails(iter(np.array_split(listed, 3)), len(listed)).among(wanted)
        assert np.array_equal(wanted[found], listed)


def test_a_changed_byte_is_found_in_parts(tmp_path: Path) -> None:
    """What is given of a file is checked, to its last block; unchanged, it is the whole file."""
    content = np.random.default_rng(1).integers(0, 255, 41_000, np.uint8)
    record = write_blob(tmp_path / "numbers", [content], 4096)
    parts = list(Blob(tmp_path, record, "test").parts())
    assert (len(parts), np.array_equal(np.concatenate(parts), content)) == (3, True)
    changed = content.copy()
    changed[-1] ^= 1
    changed.tofile(tmp_path / "numbers")
    with pytest.raises(ListError, match="near byte 40960"):
        list(Blob(tmp_path, record, "test").parts())


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
        index.release()
        assert index.contains(pl.Series(wanted, dtype=pl.String)).to_list() == found
        assert sorted(text for part in index.each() for text in part) == sorted(set(listed))


@pytest.mark.parametrize(("text", "key"), [("+12025550123", 12025550123), ("+2902158", 2902158), (None, None)])
def test_a_number_is_its_own_key(text: str | None, key: int | None) -> None:
    frame = pl.DataFrame({"phone": [text]}, schema={"phone": pl.String})
    assert frame.select(number_key(pl.col("phone"))).item() == key


def test_every_area_code_is_a_set(tmp_path: Path) -> None:
    """All thousand of them, those that nobody has included: 0000000 and 9999999 of each, some dense, some full."""
    edges = [10_000_000_000 + area * 10_000_000 + line for area in range(1000) for line in (0, 9_999_999)]
    dense = [
        np.arange(area * 10_000_000 + 1, area * 10_000_000 + 200_001, dtype=np.uint64) + np.uint64(10_000_000_000)
        for area in (0, 1, 500, 999)
    ]
    full = np.arange(17_770_000_000, 17_780_000_000, dtype=np.uint64)
    builder = NumberBuilder()
    for block in (np.array(edges[::-1], dtype=np.uint64), *dense[::-1], full, dense[0]):
        builder.add(block)
    index = NumberIndex(tmp_path, builder.write(tmp_path), "test")
    # The two edges of area code 777 are in the full one.
    assert len(index) == 2000 + 4 * 200_000 + 10_000_000 - 2
    outside = [edge + step for edge in edges for step in (2, -2)]
    expected = [17_770_000_000 <= n < 17_780_000_000 or any(n in range(int(d[0]), int(d[-1]) + 1) for d in dense)
                for n in outside]  # fmt: skip
    assert index.contains(pl.Series(outside, dtype=pl.UInt64)).to_list() == expected
    assert index.contains(pl.Series(edges, dtype=pl.UInt64)).all()
    assert index.hits(full).all()
    for block in dense:
        assert index.hits(block).all()
        assert not index.hits(block[-1:] + np.uint64(1)).any()
    assert sum(len(block) for block in index.each()) == len(index)


def test_an_empty_index_holds_nothing(tmp_path: Path) -> None:
    numbers = NumberIndex(tmp_path, NumberBuilder().write(tmp_path), "test")
    assert (len(numbers), list(numbers.each())) == (0, [])
    assert numbers.contains(pl.Series([12_025_550_100, None, 0], dtype=pl.UInt64)).to_list() == [False] * 3
    texts = TextIndex(tmp_path, TextBuilder().write(tmp_path, "texts"), "test")
    assert (len(texts), list(texts.each())) == (0, [])
    assert texts.contains(pl.Series(["", "a", None])).to_list() == [False] * 3
    digests = digest_index(tmp_path / "digests", [])
    assert (len(digests), list(digests.each())) == (0, [])
    assert digests.hits(np.zeros((2, 16), np.uint8)).tolist() == [False] * 2


#: Sixteen bytes, of which many share the first eight: the part that is searched by.
_digest = st.builds(
    bytes.__add__, st.sampled_from([b"\0" * 8, b"\xff" * 8, b"abcdefgh"]), st.binary(min_size=8, max_size=8)
)


def digest_index(folder: Path, listed: list[bytes]) -> DigestIndex:
    folder.mkdir(exist_ok=True)
    builder = DigestBuilder(folder / "parts", 16)
    for part in (listed[::2], listed[1::2], listed[:1]):
        builder.add(np.frombuffer(b"".join(part), np.uint8).reshape(-1, 16))
    return DigestIndex(folder, builder.write(folder, "digests"), "test")


@settings(max_examples=40, deadline=None)
@given(st.lists(_digest, max_size=30), st.lists(_digest, max_size=30))
def test_digests_are_a_set(listed: list[bytes], more: list[bytes]) -> None:
    wanted = [*listed, *more, *(digest[:15] + bytes([digest[15] ^ 1]) for digest in listed)]
    with tempfile.TemporaryDirectory() as folder:
        index = digest_index(Path(folder), listed)
        assert len(index) == len(set(listed))
        found = index.hits(np.frombuffer(b"".join(wanted), np.uint8).reshape(-1, 16)).tolist()
        assert found == [digest in set(listed) for digest in wanted]
        index.release()
        assert index.hits(np.frombuffer(b"".join(wanted), np.uint8).reshape(-1, 16)).tolist() == found
        assert [row.tobytes() for rows in index.each() for row in rows] == sorted(set(listed))

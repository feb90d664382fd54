"""From patterns to ranges of codes, and what is worked out with them."""

from __future__ import annotations

import itertools
import random
import re

import numpy as np
import phonenumbers
import pytest
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata, PhoneNumberDesc

from schemas.contact.numbering.answers import UNDECIDED, Answers, agreed, examples
from schemas.contact.numbering.library import PhoneForm
from schemas.contact.numbering.patterns import UnsupportedPatternError, parse_pattern, paths
from schemas.contact.numbering.plan import metadata_of
from schemas.contact.numbering.prefixes import calling_code_before, international_prefix, national_prefix
from schemas.contact.numbering.range_sets import lengths_of, nothing_dropped, numbered, then
from schemas.contact.numbering.ranges import code_of, digits_of, inside, path_edges, pattern_edges

strings = st.text("0123456789", max_size=9)
_digit = st.sampled_from([*"0123456789", r"\d", "[2-9]", "[13-57]", "[0-4689]"])


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.lists(inner, min_size=1, max_size=4).map("".join),
        st.lists(inner, min_size=2, max_size=4).map(lambda options: f"(?:{'|'.join(options)})"),
        inner.map(lambda item: f"({item})"),
        st.tuples(inner, st.sampled_from(["?", "{2}", "{1,3}", "{0,2}"])).map(lambda both: f"(?:{both[0]}){both[1]}"),
    )


patterns = st.recursive(_digit, _larger, max_leaves=12)


@settings(deadline=None)
@given(patterns, st.lists(strings, min_size=1, max_size=20))
def test_ranges_hold_what_the_pattern_matches(pattern: str, texts: list[str]) -> None:
    try:
        pattern_edges(pattern)
    except UnsupportedPatternError:
        reject()  # of too many ranges
    codes = np.array([code_of(text) for text in texts])
    compiled = re.compile(pattern)
    assert inside(pattern_edges(pattern), codes).tolist() == [bool(compiled.fullmatch(text)) for text in texts]
    assert inside(pattern_edges(pattern, prefix=True), codes).tolist() == [bool(compiled.match(text)) for text in texts]


@settings(deadline=None)
@given(patterns, st.booleans(), st.lists(strings, min_size=1, max_size=20))
def test_some_path_fits_whenever_the_pattern_matches(pattern: str, ends: bool, texts: list[str]) -> None:
    anchored = f"(?:{pattern})$" if ends else pattern
    codes = np.array([code_of(text) for text in texts])
    fitting = np.zeros(len(texts), dtype=np.bool_)
    try:
        for path in paths(parse_pattern(anchored)):
            fitting |= inside(path_edges(path), codes)
    except UnsupportedPatternError:
        reject()
    assert fitting.tolist() == [bool(re.match(anchored, text)) for text in texts]


@pytest.mark.slow
def test_all_patterns_of_the_metadata_as_the_library_matches_them() -> None:
    draw = random.Random(4)
    for code, regions in COUNTRY_CODE_TO_REGION_CODE.items():
        for region in regions:
            for desc in vars(metadata_of(code, region)).values():
                if isinstance(desc, PhoneNumberDesc) and desc.national_number_pattern:
                    edges = pattern_edges(desc.national_number_pattern)
                    sample = draw.choices(edges.tolist(), k=8)
                    codes = np.array([near for edge in sample for near in (edge - 1, edge) if str(near)[0] == "1"])
                    compiled = re.compile(desc.national_number_pattern)
                    expected = [bool(compiled.fullmatch(digits_of(number))) for number in codes.tolist()]
                    assert inside(edges, codes).tolist() == expected, (code, region, desc)


@pytest.mark.parametrize("pattern", ["1*?", r"\w", "(?=1)2", "a", "[^1]", "1|(2", "1)", "[a-z]", r"(\d{4}2){3}"])
def test_other_patterns_are_refused(pattern: str) -> None:
    with pytest.raises(UnsupportedPatternError):
        pattern_edges(pattern)


def test_an_end_inside_a_whole_pattern_is_refused() -> None:
    with pytest.raises(UnsupportedPatternError):
        pattern_edges("1$")
    assert [(path.places, path.ends) for path in paths(parse_pattern("(1)$|2"))] == [(("1",), True), (("2",), False)]


@pytest.mark.slow
@pytest.mark.parametrize("region", ["US", "GB", "AR", "BR", "GG", "JP", "AG", "KZ", "SM", "AU", "FI"])
def test_prefixes_are_dropped_as_by_the_metadata_s_pattern(region: str) -> None:
    metadata = PhoneMetadata.metadata_for_region(region)
    assert metadata is not None
    draw = random.Random(region)
    rule = national_prefix(metadata)
    starts = draw.choices(rule.starts[lengths_of(rule.starts) > 0].tolist(), k=300)
    for text in [digits_of(start) for start in starts] + ["".join(draw.choices("01589", k=9)) for _ in range(300)]:
        delta, known = (part.item() for part in rule.at(np.array([code_of(text)])))
        if known:
            match = re.match(metadata.national_prefix_for_parsing or "(?!)", text)
            replaced = metadata.national_prefix_transform_rule if match and match.lastindex else ""
            expected = match.expand(replaced or "") + text[match.end() :] if match else text
            assert digits_of(code_of(text) + delta) == expected, text


def test_prefixes_for_calls_abroad_are_not_dropped_before_a_zero() -> None:
    metadata = PhoneMetadata.metadata_for_region("JP")
    assert metadata is not None
    codes = np.array([code_of(text) for text in ("010442079460000", "01004420794600", "0442079460000")])
    assert [digits_of(code) for code in (codes + international_prefix(metadata).at(codes)[0]).tolist()] == [
        "442079460000",
        "01004420794600",
        "0442079460000",
    ]


@given(strings.filter(lambda text: len(text) < 8))
def test_one_rule_after_the_other(national: str) -> None:
    both = then(calling_code_before(44), national_prefix(metadata_of(44, "GB")))
    for text in (national, "44" + national, "440" + national):
        inland = text.removeprefix("44")
        expected = inland[6:] if inland.startswith("180020") else inland.removeprefix("0")
        delta, known = both.at(np.array([code_of(text)]))
        assert known.all()
        assert digits_of((code_of(text) + delta).item()) == expected
    assert not then(both, nothing_dropped()).at(np.array([code_of("")]))[0].any()


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 2**31 - 1), st.integers(0, 2**31 - 1)), min_size=1))
def test_rows_with_the_same_values_get_the_same_number(rows: list[tuple[int, int, int]]) -> None:
    numbers = numbered([np.array(column, dtype=np.int64) for column in zip(*rows, strict=True)]).tolist()
    assert len(set(numbers)) == len(set(rows))
    assert len(set(zip(numbers, rows, strict=True))) == len(set(rows))


def test_examples_that_disagree_leave_a_piece_undecided() -> None:
    starts = np.array([10, 12, 15], dtype=np.int64)
    [(members, codes)] = examples(starts, np.array([-1, 0, -1], dtype=np.int64))
    assert members.tolist() == [1]
    assert set(codes.tolist()) <= {12, 13, 14}
    answers = Answers()
    assert agreed(lambda _: PhoneForm("ok", region="US"), codes, answers)[0] == 0
    told_apart = itertools.count()
    assert agreed(lambda _: PhoneForm("ok", region=str(next(told_apart))), codes, answers)[0] == UNDECIDED


def test_the_metadata_in_use_is_that_of_the_library() -> None:
    assert metadata_of(1, "US").id == "US"
    assert metadata_of(800, phonenumbers.region_code_for_country_code(800)).country_code == 800
    with pytest.raises(LookupError):
        metadata_of(999, "ZZ")

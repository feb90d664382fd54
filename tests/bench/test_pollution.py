"""What is read from each polluted file is what stands in it, but for the one record that cannot be known."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.bench.pollution import HEADER, WEIGHTS, Polluted, corpus
from tests.bench.pollution_score import means, measures, read, score, scores

pytestmark = pytest.mark.slow

FILES = {file.name: file for file in corpus()}
#: One record has a field too few or too many, or a quote that never closes: it is set aside, and nothing else is.
ONE_SET_ASIDE = ("missing_delimiter_", "extra_delimiter_", "quote_at_start_")
#: Every third of those that differ by their row alone.
CHOSEN = [
    file
    for place, file in enumerate(FILES.values())
    if file.content and (not file.name.startswith(ONE_SET_ASIDE) or place % 6 == 0)
]


@pytest.mark.parametrize("file", CHOSEN, ids=lambda file: file.name)
def test_a_polluted_file_is_read_exactly(file: Polluted, tmp_path: Path) -> None:
    path = tmp_path / "drop.csv"
    path.write_bytes(file.content)
    header, rows = read(path)
    assert header == file.header
    if file.name.startswith(ONE_SET_ASIDE):
        number = int(file.name.removesuffix("_semicolon").rpartition("_")[2])
        aside = len(file.rows[number]) != len(HEADER) or file.name.startswith("quote_")
        assert tuple(rows) == (*file.rows[:number], *file.rows[number + aside :])
    else:
        assert tuple(rows) == file.rows


def test_an_empty_file_is_refused_by_name(tmp_path: Path) -> None:
    assert score(FILES["empty"], tmp_path) == (10.0, "")


def test_every_group_has_a_weight_and_files() -> None:
    assert {file.group for file in FILES.values()} == set(WEIGHTS)


def test_scores_count_what_is_missing_and_what_is_too_much() -> None:
    assert measures("abcd", "abce") == (0.75, 0.75, 0.75)
    assert measures("", "ab") == (0.0, 0.0, 0.0)
    assert measures("ab", "a") == (0.5, 1.0, 2 / 3)
    assert means({"a": ("plain", 10.0, ""), "b": ("empty", 0.0, "")}) == (5.0, 1000 / 101)


def test_the_scores_of_the_corpus_hold() -> None:
    plain, weighted = means(scores())
    assert plain > 9.98
    assert weighted > 9.99

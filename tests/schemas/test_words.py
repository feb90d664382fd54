"""The closed vocabularies."""

from __future__ import annotations

from pathlib import Path

import pytest

import schemas.words
from schemas.words import fold_words, read_words

REGISTER = Path(schemas.words.__file__).with_name("words.toml")


def test_words_are_folded() -> None:
    groups = read_words(REGISTER.read_text(encoding="utf-8"))
    assert sum(map(len, groups.values())) > 500
    assert [word for words in groups.values() for word in words if fold_words(word) != word] == []


def test_a_word_has_one_meaning_in_a_group() -> None:
    read_words('[basis.consent]\nen = ["agreed"]\n[answer.yes]\nen = ["agreed"]\n')
    with pytest.raises(ValueError, match=r"'agreed' is both basis\.consent and basis\.none"):
        read_words('[basis.consent]\nen = ["agreed"]\n[basis.none]\nfr = ["agreed"]\n')

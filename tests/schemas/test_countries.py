"""Words of country columns: codes, names in many languages, calling codes, several countries, and what is none."""

from __future__ import annotations

import polars as pl
import pytest
from babel import localedata
from hypothesis import given
from hypothesis import strategies as st

from schemas.contact.countries import COUNTRY_SCHEMA, Countries, read_countries, read_country
from schemas.contact.country_names import MORE_NAMES, TABLE, fold_country, known_countries
from schemas.contact.regions import HOME_SCHEMA, home_regions
from tests.country_tables import LANGUAGES, names_in, table

ONE = {
    "US": [
        "US",
        "usa",
        "U.S.A.",
        "'US",
        "United States",
        "US-TX",
        "840",
        "USA (United States)",
        "+1 US",
        "США",
        "美国",
    ],
    "GB": ["UK", "GBR", "England, UK", "Great Britain (UK)", "Vereinigtes Königreich", "Regno Unito", "U.K."],
    "NL": ["NLD", "Holland", "The Netherlands", "Netherlands (the)", "Nederland", "Pays-Bas", "NL - Netherlands"],
    "RU": ["RUS", "Russian Federation", "Россия", "Rusko"],
    "IE": ["Republic of Ireland", "Ireland, Republic of", "Éire", "IRL", "+353"],
    "DE": [
        "Deutschland (DE)", "[DE] Germany", "Germany/Deutschland", "DE: Germany", "Germany DE", "Germany (+49)",
        "Federal Republic of Germany", "Bundesrepublik Deutschland", "Niemcy", "Almanya", "+49", "0049", "49", "49.0",
    ],
    "FR": ["+33", "0033", "33", "(+33)", "Frankrike", "France (French Republic)"],
    "BE": ["Belgique/België/Belgien", "Belgium | BE"],
    "CH": ["Suisse Schweiz", "Schweiz/Suisse/Svizzera/Svizra"],
    "KR": ["Korea, Republic of", "South Korea", "Korea (South)", "대한민국"],
    "CD": ["Congo, The Democratic Republic of the", "DR Congo", "Kongo, CD"],
    "IR": ["Iran (Islamic Republic of)", "Iran, Islamic Republic of"],
    "BA": ["Bosnia and Herzegovina", "Bosnia & Herzegovina", "Bosnia-Herzegovina"],
    "TW": ["Taiwan, Province of China", "Republic of China"],
    "TH": ["ประเทศไทย", "ไทย", "Thaïlande"],
    "EG": ["مصر"],
    "GM": ["Gambia, The", "The Gambia"],
    "AT": ["Áo", "Österreich", "OESTERREICH (Austria)"],
}  # fmt: skip
SEVERAL = {
    "France, USA": "FR US",
    "Deutschland, Österreich, Schweiz": "AT CH DE",
    "DE/AT/CH": "AT CH DE",
    "fr | de": "DE FR",
    "Germany and Austria": "AT DE",
    "Kanada und USA": "CA US",
    "CA, USA": "CA US",
    "Congo": "CD CG",
    "Virgin Islands": "VG VI",
    "+44": "GB GG IM JE",
    "44": "BS GB GG IM JE",
    "+7": "KZ RU",
    "250": "FR RW",
}
UNREAD = {
    "Freedonia": "",
    "Europe": "",
    "EU": "",
    "yes": "",
    "not US": "",
    "USA only": "",
    "+999": "",
    "D": "",
    "Berlin, Germany": "DE",
    "Ex-USA": "US",
    "France, Freedonia": "FR",
    "x" * 500: "",
    "USA, " * 60: "",
}


@pytest.mark.parametrize(("region", "cell"), [(region, cell) for region, cells in ONE.items() for cell in cells])
def test_a_country_is_read_by_code_name_or_calling_code(region: str, cell: str) -> None:
    assert read_country(cell) == Countries((region,), False)


@pytest.mark.parametrize(("cell", "regions"), SEVERAL.items())
def test_several_countries_are_all_read(cell: str, regions: str) -> None:
    assert read_country(cell) == Countries(tuple(regions.split()), False)


@pytest.mark.parametrize(("cell", "regions"), UNREAD.items())
def test_a_word_that_names_no_country_is_unread(cell: str, regions: str) -> None:
    assert read_country(cell) == Countries(tuple(regions.split()), True)


def test_a_column_is_read_in_its_order() -> None:
    cells = pl.Series(["Germany", None, "France, USA", "Freedonia", "Germany"])
    found = read_countries(cells)
    assert dict(found.schema) == COUNTRY_SCHEMA
    assert found.rows() == [
        ("DE", ["DE"], False),
        (None, None, False),
        (None, ["FR", "US"], False),
        (None, [], True),
        ("DE", ["DE"], False),
    ]
    assert read_countries(cells.clear()).is_empty()


def test_no_name_means_two_countries() -> None:
    """All languages are known at once, so that one's word must not be another's for another country."""
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for name, region in names_in(language).items():
            found.setdefault(name, set()).add(region)
    more = {name: set(regions.split()) for name, regions in MORE_NAMES.items()}
    assert {name: regions for name, regions in found.items() if len(regions) > 1 and name not in more} == {}
    assert {name for name, regions in more.items() if not regions >= found.get(name, set())} == set()


def test_every_language_is_one_of_cldr() -> None:
    assert set(LANGUAGES) <= set(localedata.locale_identifiers())


def test_the_shipped_names_are_what_would_be_built() -> None:
    assert TABLE.read_text(encoding="utf-8") == table()


def test_what_people_write_is_folded_and_known() -> None:
    assert [name for name in MORE_NAMES if fold_country(name) != name] == []
    assert {region for regions in MORE_NAMES.values() for region in regions.split()} <= known_countries()


@given(st.text(max_size=130))
def test_any_text_is_read_or_unread(cell: str) -> None:
    found = read_country(cell)
    assert set(found.regions) <= known_countries()
    assert found.unread or found.regions


@given(st.lists(st.text(max_size=30) | st.sampled_from(["DE", "France, USA", "+1", "Freedonia", "44", ""]), max_size=8))
def test_only_a_blank_cell_means_the_default(cells: list[str]) -> None:
    """Rubbish in a country column never reads as if nothing were there."""
    column = pl.Series([cell.strip() or None for cell in cells], dtype=pl.String)
    homes = home_regions(column, len(column), "US").frame()
    assert dict(homes.schema) == HOME_SCHEMA
    for cell, (region, doubt, certain) in zip(column, homes.rows(), strict=True):
        if cell is None:
            assert (region, doubt, certain) == ("US", None, True)
        else:
            found = read_country(cell)
            assert certain != found.unread
            assert found.region in (None, region)
            assert (doubt is not None) >= found.unread


def test_a_file_without_a_country_column_is_of_the_default_region() -> None:
    assert home_regions(None, 2, "US").frame().rows() == [("US", None, True)] * 2
    assert home_regions(None, 2, None).frame().rows() == [(None, None, True)] * 2

"""Numbers are in the state that their area code names."""

from __future__ import annotations

import tomllib
from pathlib import Path

import phonenumbers
import polars as pl

from suppression.rules import us_states
from suppression.rules.us_states import area_codes, is_state, states_in, states_of_areas

STATES = Path(us_states.__file__).parent / "us_states.toml"


def test_every_area_code_that_the_library_puts_into_a_state_is_known() -> None:
    """A missing one would leave the law of its state unasked."""
    from phonenumbers import geocoder

    areas = [str(area) for area in range(200, 1000)]
    bits = states_of_areas(area_codes(pl.Series([f"+1{area}5550101" for area in areas])))
    ours = {area: states_in(int(found)) for area, found in zip(areas, bits, strict=True)}
    names = {str(facts["name"]): code for code, facts in tomllib.loads(STATES.read_text(encoding="utf-8")).items()}
    from_library = {}
    for area in areas:
        place = geocoder.description_for_number(phonenumbers.parse(f"+1{area}5550101"), "en").split(", ")[-1]
        if place in names or is_state(place):
            from_library[area] = [names.get(place, place)]
    assert len(from_library) > 300
    assert {area: ours[area] for area in from_library} == from_library
    assert {area: ours[area] for area in ("203", "310", "713", "718")} == {
        "203": ["CT"],
        "310": ["CA"],
        "713": ["TX"],
        "718": ["NY"],
    }


def test_only_numbers_of_the_plan_have_an_area_code() -> None:
    numbers = [
        "+12035550101",
        None,
        "+442079460958",
        "+33123456789",
        "+1",
        "+120355501011",
        "+4930123456789",
        "+19995550101",
    ]
    assert area_codes(pl.Series(numbers)).tolist() == [203, 0, 0, 0, 0, 0, 0, 999]
    assert area_codes(pl.Series(numbers, dtype=pl.String).filter(pl.Series([False] * 8))).tolist() == []

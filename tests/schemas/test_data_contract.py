"""A layout is a valid data contract and comes back as it was; somebody else's contract is read for its columns."""

from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft201909Validator

from schemas.columns import DAYS, INSTANTS
from schemas.config import load
from schemas.data_contract import contract_text, read_contract
from schemas.layout import LAYOUTS, MAPPABLE, InCell, Layout

BUILT_IN = sorted(path.stem for path in LAYOUTS.glob("*.toml"))
STANDARD = Draft201909Validator(
    json.loads(files("open_data_contract_standard").joinpath("schema.json").read_text(encoding="utf-8"))
)


def _breaches(layout: Layout, unmapped: tuple[str, ...] = ()) -> list[str]:
    """What the published schema has against the contract of a layout."""
    return [error.message for error in STANDARD.iter_errors(yaml.safe_load(contract_text(layout, "test", unmapped)))]


def _there_and_back(layout: Layout, folder: Path, unmapped: tuple[str, ...] = ()) -> Layout | None:
    text = contract_text(layout, "test", unmapped)
    path = folder / "test.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    faults: list[str] = []
    notes: list[str] = []
    read = read_contract(path, faults, notes)
    assert (faults, notes) == ([], [])
    return read


@pytest.mark.parametrize("name", BUILT_IN)
def test_a_layout_that_comes_with_the_program_is_a_contract_and_comes_back(name: str, tmp_path: Path) -> None:
    layout = load(LAYOUTS / f"{name}.toml", Layout, [])
    assert layout is not None
    assert _breaches(layout) == []
    assert _there_and_back(layout, tmp_path) == layout


def test_an_empty_layout_comes_back(tmp_path: Path) -> None:
    assert _there_and_back(Layout(), tmp_path) == Layout()


def test_an_edited_contract_says_what_it_was_edited_to(tmp_path: Path) -> None:
    layout = Layout(
        columns={"phone": "Tel", "consent_at": "Datum"}, dates={"consent_at": "%d.%m.%Y"}, required=["phone"]
    )
    text = contract_text(layout, "test")
    text = text.replace("dd.MM.yyyy", "MM/dd/yyyy").replace(
        "physicalName: Datum", "physicalName: Tag\n    required: true"
    )
    path = tmp_path / "test.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    edited = read_contract(path, [], [])
    assert edited == Layout(
        columns={"phone": "Tel", "consent_at": "Tag"},
        dates={"consent_at": "%m/%d/%Y"},
        required=["phone", "consent_at"],
    )


NAMES = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
FIELDS = st.sampled_from(MAPPABLE)
LAYOUT = st.builds(
    Layout,
    delimiter=st.none() | st.sampled_from([",", ";", "\t", "|", ":", "#", "'", "~"]),
    quote=st.none() | st.sampled_from(["", '"', "'"]),
    header=st.none() | st.booleans(),
    skip_lines=st.none() | st.integers(0, 9),
    region=st.none() | st.sampled_from(["US", "NO", "FR"]),
    columns=st.dictionaries(FIELDS, NAMES, max_size=4),
    aliases=st.dictionaries(NAMES | FIELDS, FIELDS, max_size=3),
    column_names=st.lists(NAMES | FIELDS, max_size=3),
    required=st.lists(FIELDS, max_size=2),
    ignore=st.lists(NAMES | FIELDS, max_size=2),
    in_cell=st.dictionaries(NAMES, st.builds(InCell, between=NAMES, until=st.none() | NAMES), max_size=2),
    prefixes=st.dictionaries(NAMES, st.lists(NAMES, max_size=2), max_size=2),
    empty=st.lists(
        st.sampled_from(["", "no", "null", "~", "1e3", "2026-11-21", "0x1F", "-", "é", "1_000"]), max_size=4
    ),
    dates=st.dictionaries(st.sampled_from([*INSTANTS, *DAYS, "default"]), st.sampled_from(["%d.%m.%Y", "%Y'%j %%"])),
)


@pytest.mark.slow
@settings(max_examples=8)  # the published schema takes a second for each
@given(layout=LAYOUT, unmapped=st.lists(NAMES | FIELDS, max_size=3))
def test_any_layout_is_a_contract(layout: Layout, unmapped: list[str]) -> None:
    assert _breaches(layout, tuple(unmapped)) == []


@pytest.mark.slow
@settings(max_examples=50)
@given(layout=LAYOUT, unmapped=st.lists(NAMES | FIELDS, max_size=3))
def test_any_layout_comes_back(layout: Layout, unmapped: list[str], tmp_path_factory: pytest.TempPathFactory) -> None:
    assert _there_and_back(layout, tmp_path_factory.mktemp("contract"), tuple(unmapped)) == layout


THEIRS = """\
apiVersion: v3.1.0
kind: DataContract
id: 53581432-6c55-4ba2-a65f-72344a91553a
version: 1.0.0
status: active
dataProduct: leads
schema:
  - name: leads
    physicalType: csv
    customProperties: [{property: leadscrub.delimiter, value: ";"}, {property: owner, value: sales}]
    properties:
      - name: phone
        physicalName: Rufnummer
        logicalType: string
        required: true
        unique: true
        logicalTypeOptions: {pattern: "^\\\\+49"}
      - {name: email, physicalName: Adresse, logicalType: string}
      - {name: E-Mail, logicalType: string, required: true}
      - {name: signed_on, physicalName: Unterschrift, logicalType: date, logicalTypeOptions: {format: "dd.MM.yyyy"}}
      - {name: consent_at, logicalType: timestamp, logicalTypeOptions: {format: "d/M/yy HH:mm 'Uhr'"}}
      - {name: birth_date, logicalType: date, logicalTypeOptions: {format: "EEEE"}}
      - {name: score, logicalType: number, required: true}
      - name: Fax dienstlich
        logicalType: string
        customProperties: [{property: leadscrub.field, value: fax}]
slaProperties: [{property: latency, value: 4, unit: d}]
"""


def test_their_contract_is_read_for_its_columns_and_what_is_not_checked_is_said(tmp_path: Path) -> None:
    assert [error.message for error in STANDARD.iter_errors(yaml.safe_load(THEIRS))] == []
    path = tmp_path / "theirs.odcs.yaml"
    path.write_text(THEIRS, encoding="utf-8")
    faults: list[str] = []
    notes: list[str] = []
    layout = read_contract(path, faults, notes)
    assert faults == []
    assert layout == Layout(
        delimiter=";",
        columns={"phone": "Rufnummer", "fax": "Fax dienstlich"},
        aliases={"Adresse": "email", "consent_at": "consent_at", "birth_date": "birth_date"},
        required=["phone", "email"],
        dates={"consent_at": "%d/%m/%y %H:%M Uhr"},
    )
    assert notes == [
        "theirs.odcs.yaml: not checked, since a scrub judges leads and not the file: unique of 1 column, "
        "logicalTypeOptions of 1 column, slaProperties",
        "theirs.odcs.yaml: the format 'EEEE' of 'birth_date' is not read: dates are read as in any drop",
        "theirs.odcs.yaml: 'score' is required, and is no field of a lead: it is not asked for",
    ]


def _with(**changes: Any) -> str:
    document: dict[str, Any] = {
        "apiVersion": "v3.0.2",
        "kind": "DataContract",
        "schema": [{"name": "leads", "properties": [{"name": "phone"}]}],
    }
    return yaml.safe_dump(document | changes, sort_keys=False)


OBJECT = {"name": "leads", "properties": []}
WRONG = [
    ("", ": no data contract: it has no apiVersion, kind and schema"),
    ("- a\n- b\n", ": no data contract: it has no apiVersion, kind and schema"),
    ("a: [1\n", ":2: not valid YAML: expected ',' or ']', but got '<stream end>'"),
    ("a: 1\na: 2\n", ":2: 'a' is there twice"),
    ("a: &x [1]\nb: *x\n", ":2: '*…' refers to another value, which is not read: write the value itself"),
    ("a: !!python/object/apply:os.system [id]\n", ":1: 'tag:yaml.org,2002:python/object/apply:os.system' is not read"),
    ("? [a]\n: 1\n", ":1: a key is no text"),
    ("a: " + "[" * 60 + "]" * 60, ":1: more than 50 values in one another"),
    ("a: \x07\n", ": not valid YAML: it has characters that YAML does not allow"),
    (_with(apiVersion="v2.2.2"), ":1: apiVersion: version 3 of the standard is read"),
    (
        _with(schema=[OBJECT | {"customProperties": [{"property": "leadscrub.aliases", "value": [["a"]]}]}]),
        ": aliases: Input should be a valid dictionary",
    ),
    (_with(kind="DataProduct"), ":2: kind: String should match pattern '^DataContract$'"),
    (_with(schema=[]), ":3: schema: List should have at least 1 item after validation, not 0"),
    (_with(schema=[OBJECT, {"name": "more"}]), ":3: schema has 2 objects (leads, more): leave one"),
    (
        _with(schema=[{"name": "leads", "properties": [{"physicalName": "x"}]}]),
        ":6: schema.0.properties.0.name: Field required",
    ),
    (
        _with(schema=[OBJECT | {"customProperties": [{"property": "leadscrub.delimeter", "value": ";"}]}]),
        ":7: unknown property. Did you mean 'delimiter'?",
    ),
    (
        _with(schema=[OBJECT | {"customProperties": [{"property": "leadscrub.skip_lines", "value": -1}]}]),
        ": skip_lines: Input should be greater than or equal to 0",
    ),
    (
        _with(
            schema=[
                {
                    "name": "leads",
                    "properties": [
                        {"name": "x", "customProperties": [{"property": "leadscrub.field", "value": "fone"}]}
                    ],
                }
            ]
        ),
        ": columns: 'fone' is not a field of a lead. Did you mean 'phone'?",
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_what_is_wrong_with_a_contract_is_said_with_its_line(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "theirs.odcs.yaml"
    path.write_text(text, encoding="utf-8")
    faults: list[str] = []
    assert read_contract(path, faults, []) is None
    assert faults == [f"{path}{message}"]


def test_bytes_that_are_no_text_are_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "theirs.odcs.yaml"
    path.write_bytes(b"\xff\xfe\x00a")
    faults: list[str] = []
    assert read_contract(path, faults, []) is None
    assert faults[0].startswith(f"{path}: cannot be read")

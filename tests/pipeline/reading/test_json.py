"""JSON is read digit by digit: what was sent is what is there."""

from __future__ import annotations

import pytest

from schemas.errors import FileError
from tests.conftest import Scrub, Written
from tests.pipeline.reading.builders import read

OBJECTS = [
    '{"name": "Zoë", "phone": 7275550113, "zip": "01234", "score": 1.10, "tags": ["a", 1.50], "ok": true}',
    '{"phone": "07275550113", "at": {"city": "São", "n": 12345678901234567890}, "name": null}',
    '{"name": "A\\nB \\u00e9", "phone": 4.41E+11}',
]
COLUMNS = ["name", "phone", "zip", "score", "tags", "ok", "at"]
ROWS = [
    ["Zoë", "7275550113", "01234", "1.10", '["a",1.50]', "true", ""],
    ["", "07275550113", "", "", "", "", '{"city":"São","n":12345678901234567890}'],
    ["A\nB é", "4.41E+11", "", "", "", "", ""],
]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("\n".join(OBJECTS), [1, 2, 3]),
        ("\n".join(OBJECTS) + "\r\n\r\n", [1, 2, 3]),
        ("[" + ",".join(OBJECTS) + "]", [1, 1, 1]),
        ("[\n  " + ",\n  ".join(OBJECTS) + "\n]\n", [2, 3, 4]),
    ],
)
@pytest.mark.parametrize("codec", ["utf-8", "utf-8-sig", "utf-16"])
def test_values_are_as_typed(written: Written, text: str, lines: list[int], codec: str) -> None:
    """Columns are all keys, in order of first appearance; nested values are JSON; null and absent are blank."""
    [records] = read(written("drop.json", text.encode(codec)))
    assert records == [(line, dict(zip(COLUMNS, row, strict=True))) for line, row in zip(lines, ROWS, strict=True)]


def test_lines_that_are_no_object_are_kept_as_their_text(written: Written) -> None:
    drop = (
        '{"phone": "1"}\n{"phone": "2"\n["3"]\n{"phone": "4"} x\n{"phone": "\\ud800"}\n{"phone": "5", "phone": "6"}\n'
    )
    [records] = read(written("drop.jsonl", drop))
    assert records == [
        (1, {"phone": "1", "phone (2)": ""}),
        (2, {"raw": '{"phone": "2"'}),
        (3, {"raw": '["3"]'}),
        (4, {"raw": '{"phone": "4"} x'}),
        (5, {"raw": '{"phone": "\\ud800"}'}),
        (6, {"phone": "5", "phone (2)": "6"}),
    ]


@pytest.mark.slow
def test_a_long_array_is_read_in_pieces(written: Written) -> None:
    """Elements lie across the blocks that are read at once."""
    count = 60_000
    text = "[" + ",".join(f'{{"id": {n}, "phone": "202555{n:07}"}}' for n in range(count)) + "]"
    [records] = read(written("drop.json", text))
    assert [cells["id"] for _, cells in records] == [str(n) for n in range(count)]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ('[{"a": 1}, {"a": 2', "is not valid JSON from line 1 on"),
        ('[{"a": 1},\n{"a": 2} {"a": 3}]', "is not valid JSON from line 2 on"),
        ('[{"a": 1}] x', "is not valid JSON from line 1 on"),
        ("[" * 100_000, "nested more than 32 levels deep"),
        ("[]", "holds no object with a key"),
        ('{\n"a": 1\n}\n', "holds JSON objects that span several lines"),
        ('[{"a": "' + "x" * (5 << 20) + '"}]', "is longer than 4 MB"),
        ('{"a": "' + "x" * (5 << 20) + '"}', "is longer than 4 MB"),
        ("{" + ",".join(f'"k{n}": 1' for n in range(5_000)) + "}", "has 5,000 columns; at most 4,096 are read"),
    ],
)
def test_what_is_no_list_of_objects_ends_with_4(written: Written, text: str, says: str) -> None:
    with pytest.raises(FileError, match=says) as caught:
        read(written("drop.json", text))
    assert caught.value.exit_code == 4


def test_json_goes_through_a_whole_scrub(scrub: Scrub, written: Written) -> None:
    drop = written("drop.jsonl", '{"name": "Ann", "phone": 2025550100}\nnothing\n{"email": "bo@example.com"}\n')
    ran = scrub(drop)
    assert ran.code == 0, ran.err
    assert ran.clean_rows("row_id", "source_line", "phone", "email") == [
        (0, 1, "+12025550100", None),
        (2, 3, None, "bo@example.com"),
    ]
    assert ran.rejected_rows("row_id", "source_line", "reason", "raw") == [(1, 2, "row.malformed", "nothing")]
    assert ran.manifest["inputs"][0]["read_as"] == {"format": "json lines", "encoding": "utf-8"}


def test_a_csv_that_begins_with_a_bracket_is_csv(written: Written) -> None:
    [records] = read(written("drop.csv", "[name],phone\nAnn,1\n"))
    assert records == [(2, {"[name]": "Ann", "phone": "1"})]

"""JSON that is made to do harm: each record is read or set aside, or the file is refused by name."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from schemas.errors import FileError
from schemas.files.unique_names import unique_names
from tests.conftest import Scrub
from tests.pipeline.reading.builders import read

GOOD = '{"phone":"2025550100"}'
READ = (2, {"phone": "2025550100"})


def _nested(levels: int) -> str:
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    "text",
    [
        f'{{"phone":{_nested(33)}}}',
        f'{{"phone":{_nested(600)}}}',
        f'{{"phone":{_nested(100_000)}}}',
        '{"phone":' * 100_000,
        '{"a":' * 40 + "1" + "}" * 40,
        '{"\\ud800":"x"}',
        '{"phone":"\\udfff"}',
        '{"phone":["\\ud800"]}',
        "[1]",
        "7",
        "null",
    ],
    ids=range(11),
)
def test_a_line_that_is_no_lead_is_set_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "drop.jsonl"
    path.write_text(f'{{"phone":"1"}}\n{GOOD}\n{text}\n')
    [records] = read(path)
    assert records == [(1, {"phone": "1"}), READ, (3, {"raw": text})]


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("1e999999999", "1e999999999"),
        ("-1E-99999999999", "-1E-99999999999"),
        ("NaN", "NaN"),
        ("-Infinity", "-Infinity"),
        ("9" * 10_000, "9" * 10_000),
        (_nested(32), _nested(32)),
    ],
    ids=range(6),
)
def test_numbers_and_nested_values_keep_their_text(scrub: Scrub, tmp_path: Path, text: str, cell: str) -> None:
    path = tmp_path / "drop.jsonl"
    path.write_text(f'{{"phone":{text}}}\n{GOOD}\n')
    assert read(path) == [[(1, {"phone": cell}), READ]]
    ran = scrub(path)
    assert ran.code == 0, ran.err
    assert [line for (line,) in ran.clean_rows("source_line")] == [2]


@pytest.mark.parametrize("text", [_nested(600), _nested(33)])
def test_an_element_that_is_too_deep_is_set_aside(tmp_path: Path, text: str) -> None:
    path = tmp_path / "drop.json"
    path.write_text(f'[{{"phone":{text}}},\n{GOOD}]')
    assert read(path) == [[(1, {"raw": f'{{"phone":{text}}}'}), READ]]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (f'[{{"a":{"[" * 100_000}'.encode(), "nested more than 32 levels deep"),
        (b'[{"a":' * 50_000, "nested more than 32 levels deep"),
        (b"\xff\xfe" + '[{"a":"\ud800"}]'.encode("utf-16-le", "surrogatepass"), "is not utf-16-le"),
        (b"\xff\xfe" + '[{"a":"1"}]'.encode("utf-16-le") + b"\0", "drop.json"),
        (b"[" + b",".join(b'{"a":1}' for _ in range(9)), "is not valid JSON"),
        (b"{" + b",".join([b'"a":1'] * 20_000) + b"}", "has 20,000 columns; at most 4,096 are read"),
        (b'[{"a":"' + b"x" * (5 << 20) + b'"}]', "the record on line 1 is longer than 4 MB"),
    ],
    ids=range(7),
)
def test_a_file_that_is_no_json_is_refused_by_name(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "drop.json"
    path.write_bytes(content)
    with pytest.raises(FileError, match=says) as caught:
        read(path)
    assert "drop.json" in str(caught.value)


@pytest.mark.slow
def test_few_bytes_are_not_many_cells(tmp_path: Path) -> None:
    """Each record has all columns: 4,096 of them and 60,000 empty records are a table of 240 million cells."""
    path = tmp_path / "drop.json"
    wide = json.dumps({f"c{n}": "" for n in range(4_096)})
    path.write_text("\n".join([wide, *['{"":1}'] * 60_000]))
    with pytest.raises(FileError, match=r"4,096 are read"):
        read(path)
    path.write_text("\n".join([wide, *["{}"] * 60_000]))
    with pytest.raises(FileError, match="unpacks to more than 200 times its size"):
        read(path)


def test_names_that_repeat_are_numbered() -> None:
    names = unique_names(["a", "a", "a (2)", "a", "a (2)", "", ""])
    assert names == ("a", "a (2)", "a (2) (2)", "a (3)", "a (2) (3)", "column 6", "column 7")
    assert unique_names(["a"] * 50_000)[-1] == "a (50000)"
    assert len(set(unique_names(["a (3)", "a (2)", *["a"] * 1_000]))) == 1_002


def test_mutated_json_is_read_or_refused_by_name(tmp_path: Path) -> None:
    chance = random.Random(20_261_128)
    lines = [f'{{"phone":"20255501{n:02}","n":{n}.5e3,"tags":["a",{{"b":null}}],"x":"\\u00e9"}}' for n in range(20)]
    seeds = ["\n".join(lines).encode(), f"[{','.join(lines)}]".encode(), "\n".join(lines).encode("utf-16")]
    pieces = (
        b"[" * 50,
        b"{",
        b"}",
        b'"',
        b"\\ud800",
        b"\0",
        b"\xff",
        b"1e9999",
        b",",
        b"]",
        b"\\u",
        b":",
        b"\n",
        b"NaN",
    )
    well = 0
    for number in range(300):
        content = bytearray(seeds[number % 3])
        for _ in range(chance.choice((1, 1, 3))):
            at = chance.randrange(len(content))
            content[at : at + chance.choice((0, 1, 20))] = chance.choice(pieces)
        path = tmp_path / f"m{number}.json"
        path.write_bytes(content)
        try:
            read(path)
            well += 1
        except FileError as error:
            assert path.name in str(error), path
    assert 0 < well < 300

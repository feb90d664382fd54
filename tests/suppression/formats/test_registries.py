"""The registries' files: flat, tagged, change files, and the UK's fixed width."""

from __future__ import annotations

from typing import Any

import pytest

from schemas.errors import ListError, UsageError
from suppression.formats.blocks import Block
from tests.suppression.formats.reading import read

_UNFIT = "not an area code and a seven-digit number"


def test_flat_junk_is_refused_with_its_line() -> None:
    lines = [
        "212,5550100",
        " 212,5550101 ",
        "junk",
        "212,555010",
        "3125550102",
        "22125550103",
        "1 212,5550104",
        "312,5550105,",
    ]
    got = read("\n".join(lines), "ftc-flat")
    assert got.texts == ["2125550100", "2125550101", "3125550102"]
    assert got.refused == [(lines[at], _UNFIT, at + 1) for at in (2, 3, 5, 6, 7)]


def test_flat_mixture_of_all_three_layouts() -> None:
    assert read("212,5550100\n2125550101\n12125550102\n", "ftc-flat").texts == [
        "2125550100",
        "2125550101",
        "2125550102",
    ]


@pytest.mark.parametrize("bad", ["212.5550100", "212,55501O0", "21a5550100", "2125550\u066000", "92125550100"])
def test_regular_width_does_not_hide_what_is_no_digit(bad: str) -> None:
    got = read("\n".join([bad] * 3), "ftc-flat")
    assert got.texts == []
    assert [line for _, _, line in got.refused] == [1, 2, 3]


def test_flat_lines_are_counted_across_halved_blocks() -> None:
    """One odd line in a long block sends only its neighbours the slow way; numbers and lines stay right."""
    lines = [f"212,555{number:04d}" for number in range(10_000)]
    lines[7_777] = "odd"
    got = read("\n".join(lines), "ftc-flat")
    assert got.rows("text", "line") == [(f"212555{n:04d}", n + 1) for n in range(10_000) if n != 7_777]
    assert got.refused == [("odd", _UNFIT, 7_778)]


@pytest.mark.parametrize("name", ["212.txt", "2026-11-21_212_full.txt", "dnc-212-full.csv"])
def test_name_that_denies_the_content_is_refused(name: str) -> None:
    for content, how in (("646,5550100\n", "ftc-flat"), ("<list><ac val='646'><ph val='1'/></ac></list>", "ftc-xml")):
        with pytest.raises(ListError, match="says area code 212 but holds 646"):
            read(content, how, name)


@pytest.mark.parametrize(
    ("name", "covers"), [("212.txt", {"212"}), ("212_646.txt", {"212", "646"}), ("20261121.txt", set())]
)
def test_coverage_is_what_the_name_says(name: str, covers: set[str]) -> None:
    assert read("212,5550100\n", "ftc-flat", name).covers == covers


def test_registry_entries_are_north_american() -> None:
    blocks: list[Block] = [*read("212,5550100\n").blocks, *read("<list/><ac val='416'/><ph val='5550100'/>").blocks]
    assert {(block.holds, block.north_american) for block in blocks} == {("phone", True)}


@pytest.mark.parametrize(
    "content",
    [
        "<?xml version='1.0'?>\n<LIST type='full' val=''><ac val='416'><ph val='5550100'/><ph val='101'/></ac></LIST>",
        "<list type='full' level='all' val='' /><ac val=\"416\"/><ph val=\"5550100\"/><ph val=\"101\"/>",
        "<ac val='416'></ac><ph val='5550100'></ph><ph val='0000101'></ph>",
        "<list type='full' val='416'>\n<ac>\n<ph val = '5550100' />\n<!-- note --><ph id='1' val='101' />\n</ac>",
    ],
)
def test_tagged_in_every_shape(content: str) -> None:
    got = read(content, "ftc-xml")
    assert got.texts == ["4165550100", "4160000101"]
    assert got.refused == []


def test_tagged_faults_are_refused_with_their_line() -> None:
    content = (
        "<list type='full' level='all' val=''>\n<ph val='5550100'/>\n<ac val='41'>\n<ph val='5550101'/>\n</ac>\n"
        "<ac val='416'>\n<ph val='5550102'/>loose\n<ph val='55501033'/>\n<ph/>\n<ph val='5550104'/>\n</ac>\n</list>\n"
        "<ph val='555"
    )
    got = read(content, "canada-xml")
    assert got.rows("text", "line") == [("4165550102", 7), ("4165550104", 10)]
    assert [(why, line) for _, why, line in got.refused] == [
        ("no area code before it", 2),
        ("not an area code", 3),
        ("no area code before it", 4),
        ("text between the tags", 7),
        ("not a number of at most seven digits", 8),
        ("not a number of at most seven digits", 9),
        ("a tag that is not closed", 13),
    ]
    assert got.covers == {"416"}


@pytest.mark.parametrize(
    ("content", "match"),
    [
        ("<list type='change'><ac val='416'><ph val='5550100'/></ac></list>", "type 'change'"),
        ("<list><del><ac val='416'><ph val='5550100'/></ac></del></list>", "unknown element"),
        ('<!DOCTYPE list [<!ENTITY a "5550100">]><list><ac val="416"><ph val="1"/></ac></list>', "entities"),
        ("<!DOCTYPE list SYSTEM 'http://example.com/x.dtd'><list/><ph val='1'/>", "entities or a DTD"),
        ("<list/><ac val='416'/><!-- <ph val='5550100'/> -->", "tags in a comment"),
        (
            "<list type='full' val='423'><ac val='416'><ph val='5550100'/></ac></list>",
            "says area code 423 but holds 416",
        ),
    ],
)
def test_tagged_shapes_that_are_not_known(content: str, match: str) -> None:
    with pytest.raises(ListError, match=match):
        read(content, "ftc-xml")


def test_tagged_state_goes_on_over_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("suppression.formats.text.text_chunks.__defaults__", (5,))
    content = (
        "<list val=''>\n<ac val='416'>\n<ph val='5550100'/>\n<ph val='5550101'/>\n</ac>\n"
        "<ac val='905'></ac><ph val='5550102'/>"
    )
    got = read(content, "ftc-xml")
    assert got.rows("text", "line") == [("4165550100", 3), ("4165550101", 4), ("9055550102", 6)]
    assert got.refused == []


def test_change_file_in_declared_layouts() -> None:
    got = read(
        "A,11/02/2026,x,2125550100\nD,20261103,x,12125550101\n", change_layout="action,date,-,number", day_first=False
    )
    assert [(text, str(day), action) for text, day, action in got.rows("text", "listed_on", "action")] == [
        ("2125550100", "2026-11-02", "add"),
        ("2125550101", "2026-11-03", "delete"),
    ]


def test_change_faults_are_refused_with_their_line() -> None:
    lines = [
        "212,5550100,20261101,A",
        "212,5550101,20261101,X",
        "212,5550102,soon,D",
        "212,555,20261101,A",
        "212,5550103",
    ]
    good = ["212,5550104,20261101,A"] * 4
    got = read("\n".join(lines + good), change_layout="area,number,date,action")
    assert got.texts == ["2125550100"] + ["2125550104"] * 4
    assert got.refused == [
        (lines[1], "an action that is not declared", 2),
        (lines[2], "a date that cannot be read", 3),
        (lines[3], _UNFIT, 4),
        (lines[4], "an action that is not declared", 5),
    ]


def test_change_actions_are_declared_too() -> None:
    got = read("2125550100,1\n2125550101,0\n", change_layout="number,action", actions={"1": "add", "0": "delete"})
    assert got.rows("text", "action") == [("2125550100", "add"), ("2125550101", "delete")]


def test_change_file_of_another_layout_is_refused() -> None:
    with pytest.raises(ListError, match="does not have the declared layout"):
        read("212,5550100,A\n212,5550101,D\n", change_layout="area,number,date,action")


@pytest.mark.parametrize("layout", ["area,number", "number,action,action", "number,when,action"])
def test_wrong_layout_is_wrong_usage(layout: str) -> None:
    with pytest.raises(UsageError):
        read("2125550100,A\n", change_layout=layout)


@pytest.mark.parametrize("how", [{"columns": {"phone": ("a",)}}, {"delimiter": ",,"}, {"actions": {"A": "keep"}}])
def test_options_that_nothing_could_follow(how: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        read("2125550100\n", **how)


def test_tps_faults_are_refused() -> None:
    got = read("0207 9460100\r\n0207  9460100\r\n12079460100 \r\njunk\r\n\r\n02079460101\r\n", "uk-tps")
    assert got.texts == ["+442079460100", "+442079460101"]
    assert [(text, line) for text, _, line in got.refused] == [("0207  9460100", 2), ("12079460100", 3), ("junk", 4)]

"""What the help of every command looks like, and what is said to somebody who names something that does not exist."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import phonenumbers
import pytest
from babel import Locale
from hypothesis import given
from hypothesis import strategies as st
from typer.main import get_command

from pipeline.cli.help import PANELS
from pipeline.cli.main import make_app
from pipeline.cli.run_options import LawOptions, ListOptions
from schemas.codes import CODES
from schemas.support.names import did_you_mean
from tests import processes
from tests.conftest import REPO, Written, leadscrub


def walk(command: Any, words: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every command and group with the words that lead to it."""
    yield words, command
    for name, below in getattr(command, "commands", {}).items():
        yield from walk(below, (*words, name))


ROOT: Any = get_command(make_app())
ALL = dict(walk(ROOT))
COMMANDS = {words: each for words, each in ALL.items() if not hasattr(each, "commands") and not each.hidden}


@pytest.mark.parametrize("words", ALL, ids=" ".join)
def test_help_has_neither_types_nor_marks_of_flags(words: tuple[str, ...]) -> None:
    ran = leadscrub(*words, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert ran.out == leadscrub(*words, "-h").out
    assert ran.out.startswith(f"Usage: {' '.join(('leadscrub', *words))} [OPTIONS]")
    for noise in ("<", ">", "default: no-", "[default: False]", "None", "{"):
        assert noise not in ran.out, noise


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_option_has_a_word_for_its_value_a_sentence_and_its_line(words: tuple[str, ...]) -> None:
    shown = leadscrub(*words, "--help").out
    for each in COMMANDS[words].params:
        assert each.help, each.name
        if each.param_type_name == "option" and not each.is_flag:
            assert each.metavar, each.name
            assert f"{each.opts[-1]} {each.metavar}" in shown
        else:
            assert (each.metavar or each.opts[0]) in shown
    assert f"\n\nExample: leadscrub {' '.join(words)}" in shown


def test_commands_are_in_panels_scrub_first() -> None:
    shown = leadscrub("--help").out
    places = [shown.index(f"\n{panel}:\n") for panel in (*PANELS, "Options")]
    assert places == sorted(places)
    assert {command.rich_help_panel for command in ROOT.commands.values()} == set(PANELS)
    first = shown[places[0] :].split()
    assert first[:2] == ["Scrub:", "scrub"]


def test_brackets_are_text(written: Written) -> None:
    assert "older than [retention] allows" in " ".join(leadscrub("retention", "--help").out.split())
    drop = written("[bold]:cat:[red].csv", "phone,note [red]\n(212) 736-5000,x\n")
    ours = written("ours.txt", "(646) 736-5001\n")
    named = ("--channel", "call", "--region", "US", "--list", f"dnc.internal:ours={ours}")
    for ran in (
        leadscrub("inspect", drop),
        leadscrub("scrub", drop, "-o", drop.parent / "out", *named),
    ):
        assert ran.code == 0, ran.err
        assert "[bold]:cat:[red].csv" in ran.out
    assert "note [red]" in leadscrub("inspect", drop).out


@pytest.mark.parametrize("words", [("scrub",), ("rescrub",)], ids=" ".join)
def test_options_of_lists_and_law_are_the_same_everywhere(words: tuple[str, ...]) -> None:
    names = {each.name: each for each in COMMANDS[words].params}
    for kind in (ListOptions, LawOptions):
        for field in fields(kind):
            assert names[field.name].rich_help_panel in ("Lists", "Law")


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("scrub", "Missing argument 'DROP'. See 'leadscrub scrub --help'."),
        ("scrup", "No such command 'scrup'. Did you mean 'scrub', 'rescrub'? See 'leadscrub --help'."),
        ("scrub a -o", "Option '-o' requires an argument. See 'leadscrub scrub --help'."),
        (
            "scrub a --chanel x",
            "There is no option '--chanel'. Did you mean '--channel'? See 'leadscrub scrub --help'.",
        ),
        ("scrub a --zzz x", "There is no option '--zzz'. See 'leadscrub scrub --help'."),
        ("lists ad", "No such command 'ad'. Did you mean 'add'? See 'leadscrub lists --help'."),
        ("lists add ours", "Missing argument 'FILE'. See 'leadscrub lists add --help'."),
        (
            "rules list --countri FR",
            "There is no option '--countri'. Did you mean '--country'? See 'leadscrub rules list --help'.",
        ),
        ("--wrong", "There is no option '--wrong'. See 'leadscrub --help'."),
        ("reasons DNC.National", "There is no reason code 'DNC.National'. Did you mean 'dnc.national'?"),
        ("rules list --channel sms", "There is no channel 'sms'. Did you mean 'text'?"),
        ("scrub a -o b --channel sms", "There is no channel 'sms'. Did you mean 'text'?"),
        ("scrub a -o b --channel Call", "There is no channel 'Call'. Did you mean 'call'?"),
        ("scrub a -o b --channel phone", "There is no channel 'phone'. Did you mean 'call'?"),
        (
            "lists add a b --as-of 2026-11-01 --kind dnc.nationl",
            "There is no list kind 'dnc.nationl'. Did you mean 'dnc.national'?",
        ),
        (
            "lists add a b --as-of 2026-11-01 --kind dnc.internal --scope Seller",
            "There is no scope 'Seller'. Did you mean 'seller'?",
        ),
        ("lists update a b --as-of 2026-11-01 --action remove", "--action cannot be 'remove'. Known: add, delete."),
    ],
)
def test_what_does_not_exist_is_answered_with_what_does(line: str, says: str) -> None:
    ran = leadscrub(*line.split())
    assert (ran.code, ran.out) == (2, "")
    assert ran.err.startswith(f"leadscrub: {says}"), ran.err


@pytest.mark.parametrize(
    ("given", "meant"),
    [("USA", "US"), ("uk", "GB"), ("GBR", "GB"), ("Germany", "DE"), ("Deutschland", "DE"), ("États-Unis", "US")],
)
def test_a_region_that_is_named_otherwise(given: str, meant: str) -> None:
    ran = leadscrub("scrub", "a", "-o", "b", "--channel", "call", "--region", given)
    assert ran.code == 2
    assert ran.err.endswith(f"Did you mean '{meant}'?\n")


def test_regions_are_taken_in_small_letters() -> None:
    ran = leadscrub("scrub", "nowhere.csv", "-o", "b", "--channel", "call", "--region", "gb")
    assert (ran.code, ran.err) == (4, "leadscrub: Drop 'nowhere.csv' does not exist. Check the path.\n")


@pytest.mark.parametrize(
    ("given", "meant"), [("USA", "us"), ("US", "us"), ("gb", "uk"), ("France", "fr"), ("All", "all")]
)
def test_a_rule_pack_that_is_named_otherwise(given: str, meant: str, written: Written) -> None:
    drop = written("drop.csv", "phone\n(212) 736-5000\n")
    ran = leadscrub(
        "scrub", drop, "-o", drop.parent / "out", "--channel", "call", "--region", "US", "--no-lists", "--rules", given
    )
    assert (ran.code, ran.err) == (2, f"leadscrub: There is no rule pack '{given}'. Did you mean '{meant}'?\n")


@given(st.sampled_from(sorted(CODES)), st.booleans(), st.sampled_from(["_", "-", " "]))
def test_case_and_marks_make_no_difference_to_a_suggestion(code: str, upper: bool, mark: str) -> None:
    wrong = code.replace("_", mark)
    assert did_you_mean(wrong.upper() if upper else wrong, CODES) == f"Did you mean '{code}'?"


@pytest.mark.parametrize("language", ["en", "de", "fr", "ja"])
def test_every_name_of_a_country_that_has_phones_leads_to_its_region(language: str) -> None:
    names = Locale(language).territories
    wrong = [(region, names[region]) for region in sorted(phonenumbers.SUPPORTED_REGIONS) if region in names]
    assert len(wrong) > 200
    for region, name in wrong[::17]:
        ran = leadscrub("rules", "list", "--country", name)
        assert (ran.code, ran.err.endswith(f"Did you mean '{region}'?\n")) == (2, True), name


@pytest.mark.slow
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ("leadscrub insp", ["inspect"]),
        ("leadscrub lists st", ["status"]),
        ("leadscrub scrub --channel t", ["text"]),
        ("leadscrub reasons phone.un", [code for code in CODES if code.startswith("phone.un")]),
        ("leadscrub scrub --reg", ["--region"]),
    ],
)
def test_the_shell_completes_commands_options_and_values(words: str, offered: list[str]) -> None:
    asked = {"_LEADSCRUB_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(words.count(" "))}
    ran = processes.run(
        [sys.executable, "-m", "leadscrub"],
        env={**os.environ, **asked},
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ran.stdout.split(), ran.stderr) == (offered, "")

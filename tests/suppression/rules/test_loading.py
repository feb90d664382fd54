"""Packs are validated with every fault listed; the workspace's may tighten freely, and loosen when accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

from schemas.errors import ConfigError
from suppression.rules.loading import checked_weaker, load_packs
from tests.conftest import REPO

HEAD = 'name = "{name}"\ntitle = "Ours"\nversion = "2026.11.2"\nregions = ["US"]\n'
RULE = """
[[rules]]
id = "{id}"
title = "A rule of our own, for a test."
effect = "{effect}"
channels = ["live", "automated"]
when = [{when}]
{more}
citation = {{ authority = "House rules", section = "1" }}
reviewed_on = 2026-11-21
confidence = "general"
remedy = "Ask the desk."
"""
LISTED = '{ is = "listed", kinds = ["dnc.national"] }'


def pack(folder: Path, name: str, *rules: str) -> Path:
    path = folder / "packs" / f"{name}.toml"
    path.parent.mkdir(exist_ok=True)
    path.write_text(HEAD.format(name=name) + "".join(rules), encoding="utf-8")
    return folder


def rule(name: str, effect: str = "block", when: str = LISTED, more: str = "") -> str:
    return RULE.format(id=name, effect=effect, when=when, more=more)


def test_every_fault_of_a_pack_is_listed(tmp_path: Path) -> None:
    workspace = pack(
        tmp_path,
        "ours",
        rule("ours.one", when='{ is = "lsited", kinds = ["dnc.national"] }'),
        rule("ours.two", when='{ is = "listed", kinds = ["dnc.natinal"] }'),
        rule("ours.three", when='{ is = "within", field = "last_purchase_at", window = { days = 1, months = 1 } }'),
        rule("ours.four", more='states = ["XX"]'),
        rule("ours.five", effect="exempt", more='lifts = ["us.no.such-rule"]'),
    )
    with pytest.raises(ConfigError) as raised:
        load_packs(["ours"], workspace)
    faults = "\n".join(raised.value.faults)
    for said in (
        "there is no predicate 'lsited'. Did you mean 'listed'?",
        "'dnc.natinal' is not a kind of list",
        "exactly one of days, business_days, months and years",
        "'XX' is not a state",
        "lifts 'us.no.such-rule', which is no rule of these packs",
    ):
        assert said in faults


@pytest.mark.parametrize(
    ("changed", "weaker"),
    [
        (rule("us.tsr.national-dnc"), False),
        (rule("us.tsr.national-dnc", more="in_force_from = 2030-01-01"), True),
        (rule("us.tsr.national-dnc", more="in_force_from = 2005-01-01"), False),
        (rule("us.tsr.national-dnc", effect="flag", more="in_force_from = 2005-01-01"), True),
        (rule("us.tsr.national-dnc", when='{ is = "role" }', more="in_force_from = 2005-01-01"), True),
        (rule("us.ours.exemption", effect="exempt", more='lifts = ["us.tsr.national-dnc"]'), True),
        (rule("us.ours.stricter"), False),
    ],
)
def test_what_allows_more_needs_to_be_accepted(changed: str, weaker: bool, tmp_path: Path) -> None:
    packs = load_packs(["us"], pack(tmp_path, "us", changed))
    if not weaker:
        assert checked_weaker(packs, accepted=False) == []
        return
    with pytest.raises(ConfigError, match="allows more than the shipped one"):
        checked_weaker(packs, accepted=False)
    assert len(checked_weaker(packs, accepted=True)) == 1


HOURS = """
[[hours]]
id = "{id}"
title = "Hours of our own, for a test."
channels = {channels}
open = [{{ days = "{days}", from = "{opens}", to = "{closes}" }}]
{more}
citation = {{ authority = "House rules", section = "1" }}
reviewed_on = 2026-11-21
confidence = "general"
"""
FLORIDA = {
    "id": "us.fl.hours",
    "channels": '["live", "automated", "text"]',
    "days": "mon-sun",
    "opens": "08:00",
    "closes": "20:00",
    "more": 'states = ["FL"]\nmax_attempts = 3\nattempt_days = 1\nin_force_from = 2023-05-25',
}
FEDERAL_RULE = rule("us.ours.stricter")


@pytest.mark.parametrize(
    ("changed", "weaker"),
    [
        ({}, False),
        ({"closes": "19:00", "days": "mon-fri"}, False),
        ({"more": FLORIDA["more"] + "\nclosed_on_holidays = true"}, False),
        ({"more": FLORIDA["more"].replace("= 3", "= 2").replace("days = 1", "days = 7")}, False),
        ({"closes": "20:01"}, True),
        ({"opens": "07:59"}, True),
        ({"channels": '["live"]'}, True),
        ({"more": FLORIDA["more"].replace("= 3", "= 4")}, True),
        ({"more": 'states = ["FL"]\nin_force_from = 2023-05-25'}, True),
        ({"more": FLORIDA["more"] + '\nzone = "America/New_York"'}, True),
        ({"more": FLORIDA["more"].replace("2023-05-25", "2026-01-01")}, True),
        ({"id": "us.ours.hours", "closes": "21:00"}, False),
    ],
)
def test_wider_hours_need_to_be_accepted(changed: dict[str, str], weaker: bool, tmp_path: Path) -> None:
    workspace = pack(tmp_path, "us-states", FEDERAL_RULE, HOURS.format(**FLORIDA | changed))
    packs = load_packs(["us"], workspace)
    if weaker:
        with pytest.raises(ConfigError, match=r"allows more than the shipped one: us-states: us\.fl\.hours"):
            checked_weaker(packs, accepted=False)
    else:
        assert checked_weaker(packs, accepted=False) == []
    (states,) = [each for each in packs if each.pack.name == "us-states"]
    (ours,) = [each for each in states.hours if each.hours.id == (FLORIDA | changed)["id"]]
    assert ours.hours.title == "Hours of our own, for a test."
    assert ours.version == states.pack.version


def test_the_documented_example_of_hours_loads(tmp_path: Path) -> None:
    blocks = (REPO / "docs" / "law.md").read_text(encoding="utf-8").split("```toml\n")[1:]
    (example,) = [block.split("```")[0] for block in blocks if block.startswith("[[hours]]")]
    packs = load_packs(["us"], pack(tmp_path, "us", FEDERAL_RULE, example))
    assert checked_weaker(packs, accepted=False) == []
    (ours,) = [each for pack in packs for each in pack.hours if each.hours.id == "us.ours.hours"]
    assert [str(stretch) for stretch in ours.hours.open] == ["mon-fri 09:00-21:00"]


def test_every_fault_of_hours_is_listed(tmp_path: Path) -> None:
    fine = {**FLORIDA, "more": ""}
    workspace = pack(tmp_path, "ours", rule("ours.rule"), HOURS.format(**fine | {"id": "ours.rule"}))
    with pytest.raises(ConfigError, match="two rules have the same id"):
        load_packs(["ours"], workspace)
    wrong = (
        {"days": "mon-fry"}, {"days": "fri-mon"}, {"closes": "07:00"}, {"more": "max_attempts = 3"},
        {"channels": '["live", "email"]'},
    )  # fmt: skip
    pack(
        tmp_path,
        "ours",
        rule("ours.rule"),
        *(HOURS.format(**fine | {"id": f"ours.h{n}"} | w) for n, w in enumerate(wrong)),
    )
    with pytest.raises(ConfigError) as raised:
        load_packs(["ours"], workspace)
    faults = "\n".join(raised.value.faults)
    for said in (
        "'mon-fry' are no days (as in sat or mon-fri). Did you mean 'fri'?",
        "'fri-mon': the last day comes before the first",
        "'to' is not after 'from'",
        "ours.h3: max_attempts and attempt_days belong together",
        "ours.h4: hours are about live, automated and text, not email",
    ):
        assert said in faults
    misplaced = ({"more": 'states = ["XX"]'}, {"more": 'zone = "America/Nowhere"'},
             {"more": 'regions = ["ZZ"]'}, {"more": 'regions = ["AC"]\nclosed_on_holidays = true'})  # fmt: skip
    pack(
        tmp_path,
        "ours",
        rule("ours.rule"),
        *(HOURS.format(**fine | {"id": f"ours.h{n}"} | w) for n, w in enumerate(misplaced)),
    )
    with pytest.raises(ConfigError) as raised:
        load_packs(["ours"], workspace)
    assert [fault.split("ours.toml: ")[1] for fault in raised.value.faults] == [
        "ours.h0: 'XX' is not a state",
        "ours.h1: 'America/Nowhere' is not a time zone (as in America/New_York)",
        "ours.h2: 'ZZ' is not a region (ISO 3166-1 alpha-2)",
        "ours.h3: closed_on_holidays: the public holidays of 'AC' are not known",
    ]
    pack(tmp_path, "ours", rule("ours.rule"), HOURS.format(**fine | {"id": "us.fl.hours"}))
    with pytest.raises(ConfigError, match=r"hours us\.fl\.hours stand twice"):
        load_packs(["ours", "us"], workspace)


@pytest.mark.parametrize(
    ("channels", "weaker"),
    [('["live", "automated"]', False), ('["live", "automated", "transfer"]', True), ('["transfer"]', True)],
)
def test_a_rule_that_is_only_asked_when_data_leaves_allows_more(channels: str, weaker: bool, tmp_path: Path) -> None:
    changed = rule("us.tsr.national-dnc").replace('["live", "automated"]', channels)
    packs = load_packs(["us"], pack(tmp_path, "us", changed))
    assert [name for each in packs for name in each.weaker] == (["us.tsr.national-dnc"] if weaker else [])


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ('level = "list"\neffect = "block"\nchannels = ["return"]', "a rule on returns only flags"),
        ('effect = "block"\nchannels = ["export"]', "is about the whole list"),
    ],
)
def test_rules_on_returns_and_exports_have_their_form(changed: str, said: str, tmp_path: Path) -> None:
    plain = 'effect = "block"\nchannels = ["live", "automated"]'
    assert plain in rule("ours.one")
    with pytest.raises(ConfigError, match=said):
        load_packs(["ours"], pack(tmp_path, "ours", rule("ours.one", when='{ is = "always" }').replace(plain, changed)))


def test_a_pack_s_hash_and_version_tell_of_an_override(tmp_path: Path) -> None:
    (plain,) = [each for each in load_packs(["us"]) if each.pack.name == "us"]
    (ours,) = [
        each for each in load_packs(["us"], pack(tmp_path, "us", rule("us.ours.stricter"))) if each.pack.name == "us"
    ]
    assert plain.sha256 != ours.sha256
    assert ours.pack.version == f"{plain.pack.version}+2026.11.2"

"""init --from asks about a drop, writes a workspace that a scrub takes as it is, and declares nothing unanswered."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
import tomllib
from pathlib import Path

import polars as pl
import pytest

from pipeline.commands.first_hour.questions import QUESTIONS
from schemas.evidence import CampaignEvidence, VendorEvidence
from tests import processes
from tests.conftest import DAY, REPO, SHARED, leadscrub, needs_shared_data

DROP = "Name;Telefon;Mail\nAnn;(212) 736-5000;ann.lee@corp-a.com\nBo;(646) 736-5001;bo.ray@corp-a.com\n"
ANSWERS = """\
vendor = "acme"
entity = "Example Company"
channels = ["call", "email"]
region = "US"
packs = ["us"]
country = "US"
dialling = "live"
sender_identified = true
optout_offered = true
source_type = "public_directory"
origin = "the register of examples"
dealt_with_us = false
product_class = "none"
passes_on = "none"
registry = "registry.txt"
registry_day = 2026-11-20
internal = "ours.txt"
price = "2.50 USD"
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "drop.csv").write_text(DROP, encoding="utf-8")
    (tmp_path / "registry.txt").write_text("2127365000\n", encoding="utf-8")
    (tmp_path / "ours.txt").write_text("bo.ray@corp-a.com\n", encoding="utf-8")
    (tmp_path / "answers.toml").write_text(ANSWERS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def toml(path: Path) -> dict[str, object]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


def test_the_answers_make_a_workspace_that_a_scrub_takes(folder: Path) -> None:
    ran = leadscrub("init", "leads", "--from", "drop.csv", "--answers", "answers.toml")
    assert (ran.code, ran.err) == (0, "")
    assert "Telefon → phone" in ran.out
    assert toml(folder / "leads/campaigns/first.toml") == {
        "name": "first",
        "entity": "Example Company",
        "channels": ["call", "email"],
        "region": "US",
        "rules": {"packs": ["us"]},
        "evidence": {
            "country": "US",
            "dialling": "live",
            "passes_on": "none",
            "sender_identified": True,
            "optout_offered": True,
            "dealt_with_us": False,
            "product_class": [],
        },
        "lists": [
            {"kind": "dnc.national", "name": "registry", "file": "../../registry.txt"}
            | {"as_of": toml(folder / "answers.toml")["registry_day"]},
            {"kind": "dnc.internal", "name": "ours", "file": "../../ours.txt"},
        ],
    }
    assert toml(folder / "leads/vendors/acme.toml") == {
        "name": "acme",
        "campaign": "first",
        "layout": "acme",
        "price": 2.5,
        "currency": "USD",
        "evidence": {"source_type": "public_directory", "origin": "the register of examples"},
    }
    named = ("--campaign", "leads/campaigns/first.toml", "--vendor", "acme", "--as-of", DAY)
    assert leadscrub("scrub", "drop.csv", "-o", "out", *named).code == 0
    clean = pl.read_parquet("out/clean.parquet")
    assert clean.select("full_name", "phone", "email").rows() == [("Ann", None, "ann.lee@corp-a.com")]
    checked = leadscrub("check", "leads", "--as-of", DAY)
    assert (checked.code, "acme" in checked.out) == (3, True), "a price without a window for returns"


def test_what_is_not_answered_is_not_declared(folder: Path) -> None:
    Path("few.toml").write_text('vendor = "acme"\nchannels = "call"\n', encoding="utf-8")
    assert leadscrub("init", "leads", "--from", "drop.csv", "--answers", "few.toml").code == 0
    campaign = toml(folder / "leads/campaigns/first.toml")
    assert campaign == {"name": "first", "channels": ["call"], "no_lists": True, "no_region": True}


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ('vendor = "a b"', "vendor: A name has letters"),
        ('vendor = ""', "vendor: This one needs an answer."),
        ('channels = ["sms"]', "channels: 'sms' is none of: call, text, email, post."),
        ('dialling = "robot"', "dialling: 'robot' is none of: live, automated"),
        ('dealt_with_us = "maybe"', "dealt_with_us: 'maybe' is none of: yes, no"),
        ('internal = "nowhere.txt"', "internal: There is no file 'nowhere.txt'."),
        ('price = "2,50"', "price: Write it as 2.50 USD."),
        ("registry_day = 3", "registry_day: Write it as YYYY-MM-DD."),
        ('packs = ["gb"]', "packs: There is no rule pack 'gb'. Did you mean 'uk'?"),
        ('region = "XX"', "region: "),
        ('product_class = "shoes"', "product_class"),
        ('venddor = "x"', "there is no question 'venddor'. Did you mean 'vendor'?"),
    ],
)
def test_a_wrong_answer_is_refused_and_nothing_is_written(folder: Path, line: str, why: str) -> None:
    key = line.partition(" ")[0]
    kept = [each for each in ANSWERS.splitlines() if each.partition(" ")[0] != key]
    Path("answers.toml").write_text("\n".join([*kept, line]), encoding="utf-8")
    ran = leadscrub("init", "leads", "--from", "drop.csv", "--answers", "answers.toml")
    assert (ran.code, why in ran.err, (folder / "leads").exists()) == (3, True, False), ran.err


def test_a_folder_that_is_not_empty_and_questions_without_a_terminal_are_refused(folder: Path) -> None:
    (folder / "leads").mkdir()
    (folder / "leads" / "mine.txt").touch()
    assert leadscrub("init", "leads", "--from", "drop.csv", "--answers", "answers.toml").code == 7
    ran = leadscrub("init", "other", "--from", "drop.csv")
    assert (ran.code, "--answers" in ran.err) == (2, True)


def test_every_question_is_about_something_that_is_declared() -> None:
    evidence = {question.key for question in QUESTIONS if question.after == "packs"}
    assert evidence <= {*CampaignEvidence.model_fields, *VendorEvidence.model_fields}


@pytest.mark.slow
def test_the_questions_are_asked_on_a_terminal(folder: Path) -> None:
    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "leadscrub", "init", "leads", "--from", "drop.csv"]
    environment = {**os.environ, "PYTHONPATH": str(REPO)}
    with processes.Popen(command, stdin=theirs, stdout=subprocess.PIPE, env=environment, text=True) as process:
        os.close(theirs)
        os.write(ours, b"a b\nacme\n\ncall\nUS\n\n\n\n\n")
        printed = process.communicate(timeout=60)[0]
    os.close(ours)
    assert process.returncode == 0, printed
    assert "A name has letters" in printed
    campaign = toml(folder / "leads/campaigns/first.toml")
    assert campaign == {"name": "first", "channels": ["call"], "region": "US", "no_lists": True}


@needs_shared_data
@pytest.mark.slow
@pytest.mark.parametrize(
    ("drop", "region", "packs", "kept"),
    [
        ("openstates_people.csv", "US", "us", 8_000),
        ("us_dotgov.csv", "US", "us", 7_000),
        ("okfn_br.csv", "BR", "", 100),
    ],
)
def test_a_first_scrub_of_a_real_drop_keeps_rows(folder: Path, drop: str, region: str, packs: str, kept: int) -> None:
    text = ANSWERS.replace('"US"', f'"{region}"').replace('["us"]', f'"{packs}"').replace('"registry.txt"', '""')
    Path("answers.toml").write_text(text, encoding="utf-8")
    path = SHARED / "drops" / drop
    assert leadscrub("init", "leads", "--from", path, "--answers", "answers.toml").code == 0
    named = ("--campaign", "leads/campaigns/first.toml", "--vendor", "acme", "--as-of", DAY)
    assert leadscrub("scrub", path, "-o", "out", *named).code == 0
    assert len(pl.read_parquet("out/clean.parquet", columns=["row_id"])) > kept

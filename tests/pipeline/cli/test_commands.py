"""The commands beside scrub, and what scrub prints."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from schemas.codes import CODES
from tests import processes
from tests.conftest import POINT_ONLY, REPO, Scrub, Scrubbed, Written, leadscrub, scrub_files, write_campaign

DROP = (
    "name,phone,phone 2,email\n"
    "Ann,202-555-0100,202-555-0101,ann@example.com\n"
    "Bo,202-555-0102,,bo@\n"
    "Cy,202-555-0100 x9,,cy@example.com\n"
    "Di,12,,\n"
    "too,few\n"
)


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> Scrubbed:
    """Rows: 0 clean but for one blocked phone, 1 rejected, 2 a duplicate phone, 3 no number, 4 malformed."""
    folder = tmp_path_factory.mktemp("once")
    for name, text in (("drop.csv", DROP), ("ours.txt", "2025550101\n2025550102\n")):
        (folder / name).write_text(text)
    named = ("--campaign", write_campaign(folder, more=POINT_ONLY), "--internal", folder / "ours.txt")
    ran = scrub_files([folder / "drop.csv"], folder / "out", *named, "--vendor", "acme")
    assert ran.code == 0, ran.err
    return Scrubbed(ran.code, ran.out, ran.err, folder / "out")


@pytest.fixture
def result(once: Scrubbed, tmp_path: Path) -> Scrubbed:
    """A copy of that result, beside what it was made of."""
    shutil.copytree(once.folder.parent, tmp_path, dirs_exist_ok=True)
    return replace(once, folder=tmp_path / "out")


# reasons


def test_reasons_names_every_code_in_order() -> None:
    ran = leadscrub("reasons")
    assert (ran.code, ran.err) == (0, "")
    shown = [line.split()[0] for line in ran.out.splitlines() if re.match(r"[a-z]+\.[a-z_]+ ", line)]
    assert shown == list(CODES)


def test_reasons_as_json_is_the_register() -> None:
    document = json.loads(leadscrub("reasons", "--json").out)["items"]
    assert [entry["code"] for entry in document] == list(CODES)
    assert [entry["precedence"] for entry in document] == list(range(len(CODES)))
    one = json.loads(leadscrub("reasons", "dnc.national", "--json").out)
    assert one["vendor_phrase"] == "on a public do-not-call registry"
    assert (one["effect"], one["disposition"]) == ("block", "suppress")


@pytest.mark.parametrize("code", CODES)
def test_reasons_explains_each_code(code: str) -> None:
    ran = leadscrub("reasons", code)
    assert ran.code == 0
    assert ran.out.startswith(f"{code}\n")
    for text in (CODES[code].summary, CODES[code].remedy):
        assert text in ran.out


@pytest.mark.parametrize(("wrong", "right"), [("dnc.nationl", "dnc.national"), ("email.syntx", "email.syntax")])
def test_a_wrong_code_is_answered_with_the_nearest(wrong: str, right: str) -> None:
    ran = leadscrub("reasons", wrong)
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == f"leadscrub: There is no reason code '{wrong}'. Did you mean '{right}'?\n"


# explain


def test_explain_tells_the_story_of_a_row(result: Scrubbed) -> None:
    ran = leadscrub("explain", result.folder, "--row", "1")
    assert ran.code == 0, ran.err
    for text in (
        "row 1: rejected",
        "drop.csv line 3, vendor acme",
        "dnc.internal: The contact point is on your own do-not-contact list.",
        "email.syntax",
        "source       dnc.internal:ours version ",
        "ours (dnc.internal, 2 entries)",
    ):
        assert text in ran.out


def stories(result: Scrubbed, *which: str) -> list[dict[str, object]]:
    ran = leadscrub("explain", result.folder, *which, "--json")
    assert ran.code == 0, ran.err
    document: list[dict[str, object]] = json.loads(ran.out)["items"]
    return document


def test_explain_finds_rows_by_phone_in_any_form(result: Scrubbed) -> None:
    """Every row that holds the number, clean or rejected, and also one from whose columns it was blocked."""
    for phone in ("+12025550100", "(202) 555-0100", "202.555.0100"):
        assert stories(result, "--phone", phone)[0]["row_id"] == 0, phone
    assert [(story["row_id"], story["verdict"]) for story in stories(result, "--phone", "2025550101")] == [(0, "clean")]
    assert [(story["row_id"], story["verdict"]) for story in stories(result, "--phone", "2025550102")] == [
        (1, "rejected")
    ]


def test_explain_finds_a_number_in_rejected_and_blocked_in_clean(scrub: Scrub, written: Written) -> None:
    """A number that rejected one row and was taken out of another is in both stories."""
    drop = "phone,phone 2\n2025550101,\n2025550100,2025550101\n"
    ran = scrub(drop, "--internal", written("ours.txt", "2025550101\n"), channels=("call",), campaign=POINT_ONLY)
    assert [story["row_id"] for story in stories(ran, "--phone", "2025550101")] == [0, 1]


def test_explain_finds_rows_by_email(result: Scrubbed) -> None:
    assert [story["row_id"] for story in stories(result, "--email", "ANN@example.com")] == [0]
    (story,) = stories(result, "--email", "cy@example.com")
    assert (story["row_id"], story["verdict"], story["channels"]) == (2, "clean", ["email"])
    assert story["points"] == {"email": "c*****@e*****.com"}


@pytest.mark.parametrize(
    ("which", "says"),
    [
        ([], "Name the lead by one of --row, --line, --phone and --email."),
        (["--row", "1", "--phone", "2025550100"], "Name the lead by one of --row, --line, --phone and --email."),
        (["--row", "5"], "has no row 5. Rows go from 0 to 4."),
        (["--phone", "2025550177"], "No row of "),
        (["--phone", "13"], "which is no valid phone and was looked for as it was written"),
        (["--phone", "none"], "The phone given has no digit in it."),
        (["--email", "nobody"], "which is no valid email and was looked for as it was written"),
    ],
)
def test_explain_of_what_is_not_there_ends_with_2(result: Scrubbed, which: list[str], says: str) -> None:
    ran = leadscrub("explain", result.folder, *which)
    assert (ran.code, ran.out) == (2, "")
    assert says in ran.err
    assert len(ran.err.splitlines()) == 1
    assert "2025550177" not in ran.err


@pytest.mark.parametrize("command", [["explain", "nowhere", "--row", "0"], ["verify", "nowhere"]])
def test_a_folder_that_is_no_result_ends_with_2(in_folder: Path, command: list[str]) -> None:
    ran = leadscrub(*command)
    assert ran.code == 2
    assert ran.err.startswith("leadscrub: 'nowhere' is not a result of leadscrub")


# verify


def test_verify_confirms_a_result(result: Scrubbed) -> None:
    ran = leadscrub("verify", result.folder)
    assert (ran.code, ran.err) == (0, "")
    assert ran.out.startswith("ok: 5 read = 2 clean + 3 rejected; ")
    document = json.loads(leadscrub("verify", result.folder, "--json").out)
    told = {name: document[name] for name in ("run_id", "ok", "faults", "compared_with")}
    assert told == {"run_id": result.manifest["run_id"], "ok": True, "faults": [], "compared_with": []}
    assert "in no folder above it is a workspace" in document["notes"][0]


def edit(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def drop_row(path: Path) -> None:
    frame = pl.read_parquet(path)
    frame.head(len(frame) - 1).write_parquet(path)


def recount(path: Path) -> None:
    document = json.loads(path.read_text(encoding="utf-8"))
    document["counts"]["clean"] += 1
    document["counts"]["read"] += 1
    path.write_text(json.dumps(document), encoding="utf-8")


TAMPERED: dict[str, tuple[str, Callable[[Path], object]]] = {
    "a byte of clean": ("clean.parquet", lambda path: edit(path, lambda b: b[:100] + bytes([b[100] ^ 1]) + b[101:])),
    "a byte of rejected": ("rejected.parquet", lambda p: edit(p, lambda b: b[:99] + bytes([b[99] ^ 1]) + b[100:])),
    "a row of clean": ("clean.parquet", drop_row),
    "a row of rejected": ("rejected.parquet", drop_row),
    "a row of findings": ("findings.parquet", drop_row),
    "clean cut short": ("clean.parquet", lambda path: edit(path, lambda b: b[:-20])),
    "rejected emptied": ("rejected.parquet", lambda path: edit(path, lambda b: b"")),
    "findings with another end": ("findings.parquet", lambda path: edit(path, lambda b: b[:-4] + b"PAR2")),
    "a line more to the vendor": ("returns/acme.csv", lambda path: edit(path, lambda b: b + b"x\n")),
    "a word of the report": ("report.html", lambda path: edit(path, lambda b: b.replace(b"can be", b"may be", 1))),
    "a count of the report": ("report.json", lambda path: edit(path, lambda b: b.replace(b"0", b"1", 1))),
    "clean gone": ("clean.parquet", Path.unlink),
    "the report gone": ("report.html", Path.unlink),
    "findings gone": ("findings.parquet", Path.unlink),
    "the return gone": ("returns/acme.csv", Path.unlink),
    "other counts in the manifest": ("manifest.json", recount),
    "a file more": ("more.csv", lambda path: path.write_text("x")),
}


@pytest.mark.parametrize(("name", "tamper"), TAMPERED.values(), ids=TAMPERED)
def test_verify_finds_what_was_changed(result: Scrubbed, name: str, tamper: Callable[[Path], object]) -> None:
    """It names the file and ends with 1."""
    tamper(result.folder / name)
    ran = leadscrub("verify", result.folder)
    assert (ran.code, ran.err) == (1, "")
    assert all(line.startswith("FAULT ") for line in ran.out.splitlines())
    assert (name if name != "manifest.json" else "the manifest counts") in ran.out
    document = json.loads(leadscrub("verify", result.folder, "--json").out)
    assert not document["ok"]
    assert len(document["faults"]) == len(ran.out.splitlines())


@pytest.mark.parametrize("text", ["{}", "no JSON", "", '{"counts": []}'])
def test_a_damaged_manifest_is_said_in_one_line(result: Scrubbed, text: str) -> None:
    (result.folder / "manifest.json").write_text(text, encoding="utf-8")
    for command in (["verify"], ["explain", "--row", "0"]):
        ran = leadscrub(command[0], result.folder, *command[1:])
        assert ran.code in (1, 2)
        assert "internal error" not in ran.err
        assert "damaged" in ran.err
        assert len(ran.err.splitlines()) == 1


# init


def test_init_makes_a_workspace_that_a_scrub_runs_in(written: Written, in_folder: Path) -> None:
    assert leadscrub("init", "ws").code == 0
    names = sorted(str(path.relative_to("ws")) for path in Path("ws").rglob("*") if path.is_file())
    assert names == ["campaigns/example.toml", "layouts/example.toml", "leadscrub.toml", "vendors/example.toml"]
    written("drop.csv", "NUM,note\n202-555-0100,x\n")
    options = ["--campaign", "ws/campaigns/example.toml", "--vendor", "example"]
    layout = written("ws/layouts/num.toml", '[columns]\nphone = "NUM"\n')
    ran = scrub_files([Path("drop.csv")], Path("out"), *options, "--layout", layout.stem)
    assert ran.code == 0, ran.err
    document = json.loads(Path("out/manifest.json").read_text(encoding="utf-8"))
    assert (document["campaign"], document["vendor"], document["channels"]) == ("example", "example", ["call", "email"])
    assert Path("out/returns/example.csv").exists()


def test_init_keeps_what_is_there(written: Written, in_folder: Path) -> None:
    mine = written("ws/campaigns/example.toml", "# mine\n")
    ran = leadscrub("init", "ws")
    assert ran.code == 0
    assert mine.read_text(encoding="utf-8") == "# mine\n"
    assert "kept   ws/campaigns/example.toml" in ran.out


def test_init_where_nothing_can_be_written_ends_with_7(written: Written) -> None:
    ran = leadscrub("init", written("file", "x") / "ws")
    assert ran.code == 7
    assert len(ran.err.splitlines()) == 1


def test_a_vendor_that_the_workspace_does_not_know_is_answered_with_the_nearest(
    written: Written, in_folder: Path
) -> None:
    leadscrub("init", "ws")
    written("drop.csv", "phone\n202-555-0100\n")
    ran = leadscrub("scrub", "drop.csv", "-o", "out", "--campaign", "ws/campaigns/example.toml", "--vendor", "exampel")
    assert ran.code == 2
    assert "There is no vendor 'exampel'" in ran.err
    assert "Did you mean 'example'?" in ran.err


# scrub's own output


def test_scrub_prints_a_funnel(result: Scrubbed) -> None:
    """Read, each reason by precedence with what it adds as a second reason, rejected, clean."""
    lines = [line.split() for line in result.out.splitlines()]
    for line in (
        ["read", "5", "100%"],
        ["row.malformed", "1", "20%"],
        ["dnc.internal", "1", "20%"],
        ["phone.invalid", "1", "20%"],
        ["rejected", "3", "60%"],
        ["clean", "2", "40%"],
        ["clean", "rows", "by", "channel:", "call", "1,", "email", "2"],
        ["list", "ours", "(dnc.internal):", "2", "entries,", "2", "matches"],
    ):
        assert line in lines, line
    assert result.manifest["run_id"] in result.out


def test_scrub_as_json_is_one_object(scrub: Scrub, written: Written) -> None:
    ran = scrub(DROP, "--internal", written("ours.txt", "2025550101\n2025550102\n"), "--json", campaign=POINT_ONLY)
    document = json.loads(ran.out)
    assert document["run_id"] == ran.manifest["run_id"]
    assert document["out"] == str(ran.folder)
    assert document["counts"] == ran.manifest["counts"]
    assert document["counts"]["by_primary_reason"] == {"dnc.internal": 1, "phone.invalid": 1, "row.malformed": 1}
    assert list(document["files"]) == ["drop.csv"]
    assert document["lists"]["ours"]["matches"] == 2
    assert document["too_many_rejected"] is False


@pytest.mark.parametrize(("rate", "code"), [("0.59", 6), ("0.6", 0), ("1", 0), ("0", 6)])
def test_more_rejected_than_allowed_ends_with_6_and_outputs_are_written(
    scrub: Scrub, written: Written, rate: str, code: int
) -> None:
    """Three of five rows are rejected."""
    ran = scrub(DROP, "--internal", written("ours.txt", "2025550102\n"), "--max-reject-rate", rate)
    assert ran.code == code
    assert ("more rows were rejected than" in ran.err) == (code == 6)
    assert leadscrub("verify", ran.folder).code == 0
    assert (len(ran.clean), len(ran.rejected)) == (2, 3)


def test_the_campaign_s_reject_rate_counts_too(scrub: Scrub) -> None:
    assert scrub(DROP, campaign="max_reject_rate = 0.1").code == 6


def test_a_dry_run_prints_the_same_counts_and_writes_nothing(scrub: Scrub) -> None:
    dry = scrub(DROP, "--dry-run", "--json", out="dry")
    real = scrub(DROP, "--json", out="real")
    assert not dry.folder.exists()
    assert json.loads(dry.out)["out"] is None
    for part in ("counts", "run_id", "files", "warnings"):
        assert json.loads(dry.out)[part] == json.loads(real.out)[part]


def test_a_column_that_looks_like_phones_or_emails_and_is_not_mapped_is_named(scrub: Scrub) -> None:
    drop = "phone,Alternate,Owner\n" + "".join(f"202-555-01{n:02},202555{n:04},o{n}@corp.example\n" for n in range(9))
    ran = scrub(drop, channels=("call",))
    assert "column 'Alternate' is not mapped, but its values look like phones" in ran.err
    assert "column 'Owner' is not mapped, but its values look like emails" in ran.err


# help


def commands() -> list[str]:
    from pipeline.cli.main import make_app

    return [
        str(command.name or command.callback.__name__) for command in make_app().registered_commands if command.callback
    ]


@pytest.mark.parametrize("command", ["scrub", "reasons", "explain", "verify", "init"])
def test_every_command_s_help_has_an_example(command: str) -> None:
    ran = leadscrub(command, "--help")
    assert (ran.code, ran.err) == (0, "")
    assert "Example: leadscrub " + command in " ".join(ran.out.split())


def test_no_command_is_without_example() -> None:
    for command in commands():
        assert "Example: leadscrub" in " ".join(leadscrub(command, "--help").out.split()), command


def test_version_is_the_installed_one() -> None:
    from importlib.metadata import version

    assert leadscrub("--version").out == f"leadscrub {version('leadscrub')}\n"


def test_without_arguments_it_shows_its_help_and_nothing_else() -> None:
    ran = leadscrub()
    assert "Usage: leadscrub" in ran.out + ran.err
    assert "leadscrub:  Try" not in ran.err


@pytest.mark.slow
def test_a_process_s_stdout_is_the_result_alone(tmp_path: Path, written: Written) -> None:
    """In a pipe there is no progress bar, and notes go to stderr."""
    drop = written("drop.csv", "phone,other\n202-555-0100,202-555-0101\n")
    ran = processes.run(
        [
            sys.executable,
            "-m",
            "leadscrub",
            "scrub",
            drop,
            "-o",
            tmp_path / "out",
            "--channel",
            "call",
            "--region",
            "US",
            "--no-lists",
            "--json",
        ],
        cwd=REPO,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ran.returncode == 0
    assert json.loads(ran.stdout)["counts"]["read"] == 1
    assert all(line.startswith("note: ") for line in ran.stderr.splitlines())

"""``explain`` tells nothing from a result that ``verify`` would not vouch for."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import Scrub, leadscrub

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("name", ["clean.parquet", "rejected.parquet", "findings.parquet"])
@pytest.mark.parametrize("damage", ["flipped", "missing", "empty", "cut"])
def test_explain_says_what_verify_says(scrub: Scrub, name: str, damage: str) -> None:
    ran = scrub("phone\n202-555-0101\n12\n", channels=("call",))
    assert leadscrub("explain", ran.folder, "--row", "1").code == 0
    path = ran.folder / name
    content = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        middle = len(content) // 2
        flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
        path.write_bytes({"flipped": flipped, "empty": b"", "cut": content[:middle]}[damage])
    verified = leadscrub("verify", ran.folder)
    explained = leadscrub("explain", ran.folder, "--row", "1")
    fault = next(line for line in verified.out.splitlines() if name in line).removeprefix("FAULT ")
    assert verified.code == 1
    assert (explained.code, explained.out) == (2, "")
    assert fault in explained.err
    assert "internal error" not in verified.out + verified.err + explained.err


#: Commands that tell something from a result, and the files that they tell it from.
_TELLING: dict[tuple[str, ...], set[str]] = {
    ("explain", "OUT", "--row", "1"): {"clean.parquet", "rejected.parquet", "findings.parquet"},
    ("rules", "why", "OUT", "--row", "1"): {"clean.parquet", "rejected.parquet", "findings.parquet"},
    ("rules", "diff", "--from", "2026-01-01", "--to", "2026-11-21", "--on", "OUT"): {"clean.parquet"},
    ("report", "OUT", "--to", "made.html"): {"clean.parquet", "rejected.parquet", "report.json"},
    ("evidence", "OUT", "--row", "1", "-o", "made.zip"): {"clean.parquet", "rejected.parquet", "findings.parquet"},
    ("export", "OUT", "--to", "made.csv"): {"clean.parquet", "rejected.parquet"},
    ("export", "OUT", "--to", "made.csv", "--rows", "rejected"): {"rejected.parquet"},
    ("rescrub", "OUT", "-o", "again", "--no-lists"): {"clean.parquet", "rejected.parquet"},
}


def test_no_command_tells_anything_from_a_damaged_result(scrub: Scrub, in_folder: Path) -> None:
    ran = scrub("phone\n202-555-0101\n12\n", "--rules", "us", channels=("call",))
    for words, names in _TELLING.items():
        command = [str(ran.folder) if word == "OUT" else word for word in words]
        for name in sorted(names):
            path = ran.folder / name
            content = path.read_bytes()
            path.write_bytes(content[: len(content) // 2])
            told = leadscrub(*command)
            path.write_bytes(content)
            assert told.code in (2, 4), (words, name, told.err)
            assert f"{name} is not the file that the run wrote" in told.err or f"/{name}' is not the file" in told.err
            assert not list(in_folder.glob("made.*")) + list(in_folder.glob("again*")), (words, name)


def test_verify_reports_every_flipped_byte_and_never_breaks(scrub: Scrub) -> None:
    ran = scrub("phone,email\n202-555-0101,ann@example.com\n12,\n", channels=("call",))
    found = 0
    for path in sorted(ran.folder.glob("*.parquet")):
        content = path.read_bytes()
        for place in range(0, len(content), max(len(content) // 8, 1)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 0x41]) + content[place + 1 :])
            verified = leadscrub("verify", ran.folder)
            assert (verified.code, path.name in verified.out) == (1, True), (path.name, place)
            assert "internal error" not in verified.err
            found += 1
        path.write_bytes(content)
    assert found >= 24
    assert leadscrub("verify", ran.folder).code == 0

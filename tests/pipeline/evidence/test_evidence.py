"""The evidence about one person: complete, without anybody else's data, and refused by an independent program when it
was changed anywhere."""

from __future__ import annotations

import contextlib
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import documented_program, leadscrub
from tests.pipeline.selling import RECEIVED, World

DROP = """\
Lead ID,First Name,Last Name,Phone,Phone 2,Email,State,Consent Date,Notes
LD-7001,Ann,Archer,(202) 555-0111,202-555-0112,ann.archer@example.com,CA,2026-10-01 12:00:00,"likes ""blue"" best"
LD-7002,Bea,Bowman,(202) 555-0113,,bea.bowman@example.com,TX,2026-10-02 12:00:00,call Ann on 202.555.0111
LD-7003,Cid,Cooper,(202) 555-0114,202-555-0198,cid.cooper@example.com,NY,,
LD-7004,Dee,Dorsey,(202) 555-0199,,dee.dorsey@example.com,FL,,was \u00e9lan
"""
#: What only the others' rows have.
OTHERS = (
    "Bowman",
    "bea.bowman",
    "2025550113",
    "(202) 555-0113",
    "Dorsey",
    "dee.dorsey",
    "LD-7002",
    "LD-7004",
    "Archer",
)


@dataclass(frozen=True)
class Sold:
    """A workspace with a key, in which a run was made and exported."""

    folder: Path
    public: Path

    @property
    def out(self) -> Path:
        return self.folder / "runs" / "0"


@pytest.fixture(scope="module")
def sold(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sold]:
    base = tmp_path_factory.mktemp("evidence")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCRUB_KEYS", str(base / "keys"))
        world = World(base / "leads")
        more = 'rules.packs = ["us"]\nstore_lists = ["ftc"]\nsan = "123-456"\n[evidence]\ndialling = "live"\n'
        more += 'dealt_with_us = true\nsafe_harbour = ["procedures", "training"]\n'
        world.contract()
        world.campaign("calls", more=more)
        with (world.folder / "vendors" / "acme.toml").open("a", encoding="utf-8") as vendor:
            vendor.write('[evidence]\nsource_type = "own_customers"\norigin = "acme.example"\n')
        with contextlib.chdir(world.folder):
            Path("lists/ftc.txt").write_text("+12025550199\n+12025550198\n+12025550133\n", encoding="utf-8")
            named = ("--kind", "dnc.national", "--covers", "all", "--as-of", "2026-11-01")
            assert leadscrub("lists", "add", "ftc", "lists/ftc.txt", *named).code == 0
            assert leadscrub("keys", "new").code == 0
        world.sell(DROP, "acme", RECEIVED, "--as-of", "2026-11-03")
        ran = leadscrub("export", world.folder / "runs" / "0", "--to", base / "dialler.csv", "--as-of", "2026-11-03")
        assert ran.code == 0, ran.err
        public = base / "public.pem"
        public.write_text(leadscrub("keys", "show", "--workspace", world.folder).out, encoding="utf-8")
        yield Sold(world.folder, public)


def made(sold: Sold, to: Path, *who: str) -> dict[str, bytes]:
    ran = leadscrub("evidence", sold.out, *who, "-o", to)
    assert (ran.code, ran.err) == (0, ""), ran.err
    with zipfile.ZipFile(to) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_it_tells_all_about_one_person_and_nothing_of_another(sold: Sold, tmp_path: Path) -> None:
    to = tmp_path / "cid.zip"
    files = made(sold, to, "--phone", "+1 202 555 0114")
    assert to.stat().st_mode & 0o777 == 0o600
    assert list(documented_program("check_evidence").check(to, sold.public.read_text())) == []
    everything = b"\n".join(files.values()).decode()
    assert not [text for text in OTHERS if text in everything]
    document = json.loads(files["evidence.json"])
    (row,) = document["rows"]
    assert (row["row_id"], row["output"], row["cells"]["phone"]) == (2, "clean", "+12025550114")
    assert [(each["name"], each["as_of"], each["matched"]) for each in row["lists"]] == [("ftc", "2026-11-01", True)]
    assert row["lists"][0]["said"] == ["dnc.national: +1202*****98 is on the list ftc"]
    assert document["attestations"]["campaign"]["safe_harbour"] == ["procedures", "training"]
    assert [(each["rows"], "dialler.csv" in each["to"]) for each in document["exports"]] == [({"clean": 2}, True)]
    asked = {part["asks"]: part for part in document["safe_harbour"]}
    assert asked["written procedures to honour requests not to be called"]["shows"] == [
        "attested in the campaign's [evidence]"
    ]
    assert asked["that the procedures are followed is monitored and enforced"]["shows"] == []
    assert "SAN 123-456" in asked[next(name for name in asked if "version of the registry" in name)]["shows"]
    page = files["evidence.html"].decode()
    for text in ("+12025550114", "Cooper", "dnc.national", "16 CFR 310.5", "dialler.csv"):
        assert text in page
    assert "http" not in page.replace("http-equiv", "")
    entry = json.loads(leadscrub("log", "--workspace", sold.folder, "--kind", "export", "--json").out)["items"][-1]
    assert (entry["facts"]["what"], entry["facts"]["row_ids"]) == ("evidence", [2])
    assert leadscrub("log", "verify", "--workspace", sold.folder, "--key", sold.public).code == 0


def test_a_person_whom_another_row_mentions_is_found_once(sold: Sold, tmp_path: Path) -> None:
    ran = leadscrub("evidence", sold.out, "--phone", "202-555-0111", "-o", tmp_path / "a.zip", "--json")
    told = json.loads(ran.out)
    assert (told["rows"], told["signed"], told["logged"]) == ([0], True, True)
    assert told["not_included"] == [
        "row 1 mentions +1202*****11 in extra:Notes, original:Notes: not included, "
        "since it is not a contact point of that row"
    ]
    ran = leadscrub("evidence", sold.out, "--phone", "+1 202 555 0188", "-o", tmp_path / "b.zip")
    assert (ran.code, "+1202*****88" in ran.err, "looks the same when masked" in ran.err) == (2, True, False)
    assert leadscrub("evidence", sold.out, "--row", "0", "-o", tmp_path / "a.zip").code == 7
    assert leadscrub("evidence", sold.out, "--row", "9", "-o", tmp_path / "c.zip").code == 2
    assert leadscrub("evidence", sold.out, "-o", tmp_path / "c.zip").code == 2
    assert not (tmp_path / "c.zip").exists()


def cell(name: str, value: object) -> Callable[[dict[str, Any]], object]:
    return lambda row: row["cells"].update({name: value})


#: A change of a row in evidence.json.
CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "cell": cell("first_name", "Sid"),
    "cell added": cell("city", "Here"),
    "cell removed": lambda row: row["cells"].pop("state"),
    "output": cell("output", "clean"),
    "reason": cell("reasons", ["duplicate.in_drop"]),
    "day": cell("valid_until", "2027-01-01"),
    "number": cell("source_line", 7),
    "finding": lambda row: row["findings"][0].update(detail="another"),
    "finding removed": lambda row: row["findings"].pop(),
    "findings swapped": lambda row: row["findings"].reverse(),
    "list": lambda row: row["lists"][0].update(as_of="2026-11-02"),
    "leaf": lambda row: row["proof"].update(leaf=0),
    "blinding": lambda row: row["proof"].update(blinding="00" * 16),
    "path": lambda row: row["proof"]["beside"].reverse(),
    "path cut": lambda row: row["proof"]["beside"].pop(),
}


def test_whatever_is_changed_the_independent_program_refuses_it(sold: Sold, tmp_path: Path) -> None:
    to, check, public = tmp_path / "dee.zip", documented_program("check_evidence").check, sold.public.read_text()
    files = made(sold, to, "--email", "Dee.Dorsey@example.com")

    def faults(changed: dict[str, bytes], key: str | None) -> list[str]:
        with zipfile.ZipFile(tmp_path / "forged.zip", "w") as archive:
            for name, content in changed.items():
                archive.writestr(name, content)
        return list(check(tmp_path / "forged.zip", key))

    assert faults(files, public) == faults(files, None) == []
    for name in files:
        flipped = bytearray(files[name])
        flipped[len(flipped) // 2] ^= 1
        assert faults({**files, name: bytes(flipped)}, public) != [], name
        assert faults({kept: content for kept, content in files.items() if kept != name}, public) != [], name
    for what, change in CHANGES.items():
        document = json.loads(files["evidence.json"])
        change(document["rows"][0])
        content = json.dumps(document).encode()
        # A forger puts the right hash into contents.json too.
        contents = json.loads(files["contents.json"])
        contents["signed"]["files"]["evidence.json"] = documented_program("check_evidence").sha256(content)
        forged = {**files, "evidence.json": content, "contents.json": json.dumps(contents).encode()}
        assert [each for each in faults(forged, None) if each.startswith("row 3:")] != [], what
        assert "contents.json is not signed with this key" in faults(forged, public), what


def test_a_result_whose_rows_were_changed_gives_no_evidence(sold: Sold, tmp_path: Path) -> None:
    path = sold.out / "findings.parquet"
    content = path.read_bytes()
    try:
        path.write_bytes(content[:-9] + bytes([content[-9] ^ 1]) + content[-8:])
        ran = leadscrub("evidence", sold.out, "--row", "0", "-o", tmp_path / "e.zip")
        assert (ran.code, "is damaged" in ran.err, (tmp_path / "e.zip").exists()) == (2, True, False)
    finally:
        path.write_bytes(content)

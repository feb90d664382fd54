"""Whatever is changed in a workspace afterwards, ``log verify`` exits 1 and names it; an independent program agrees."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow.parquet as pq
import pytest

from pipeline.ledger.logged import enter_unlogged
from pipeline.proof.entries import canonical
from pipeline.results.row_proof import proof_of
from schemas.list_version import History
from tests.conftest import documented_program, leadscrub
from tests.pipeline.selling import HEADER, RECEIVED, World, bad, good

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Kept:
    """A workspace as it was left, and where each case finds it: the ledger knows its place."""

    folder: Path
    pristine: Path
    public: Path

    def restored(self) -> Path:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.pristine, self.folder)
        return self.folder


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kept]:
    """Two lists' versions, a run of before the key and two after it, a delivered file of returns, a run by hand."""
    base = tmp_path_factory.mktemp("proof")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LEADSCRUB_KEYS", str(base / "keys"))
        world = World(base / "leads")
        world.contract(more='deliver_to = "sent"')
        world.campaign("calls", more='store_lists = ["ftc"]\n')
        with contextlib.chdir(world.folder):
            for day, numbers in (("2026-11-01", "+12025550199"), ("2026-11-02", "+12025550199\n+12025550198")):
                Path("lists/ftc.txt").write_text(f"{numbers}\n", encoding="utf-8")
                options = ["--kind", "dnc.national", "--covers", "all", "--as-of", day]
                ran = leadscrub("lists", "add", "ftc", "lists/ftc.txt", *options)
                assert ran.code == 0, ran.err
        named = ("--as-of", "2026-11-03")
        world.sell(HEADER + good(0, 3) + bad(10, 2), "acme", RECEIVED, *named)
        assert leadscrub("keys", "new", "--workspace", world.folder).code == 0
        world.sell(HEADER + good(20, 3) + bad(30, 2), "acme", RECEIVED, *named)
        world.sell(HEADER + good(40, 3), "acme", RECEIVED, *named, "--ledger", "none")
        ran = world.returns(RECEIVED, "--deliver")
        assert ran.code == 0, ran.err
        public = base / "public.pem"
        public.write_text(leadscrub("keys", "show", "--workspace", world.folder).out, encoding="utf-8")
        shutil.copytree(world.folder, base / "pristine")
        yield Kept(world.folder, base / "pristine", public)


def test_what_nobody_changed_is_ok(kept: Kept) -> None:
    folder = kept.restored()
    ran = leadscrub("log", "verify", "--workspace", folder, "--key", kept.public)
    assert (ran.code, ran.err) == (0, ""), ran.out
    kinds = [entry["kind"] for entry in json.loads(leadscrub("log", "--workspace", folder, "--json").out)["items"]]
    assert kinds == ["began", "list", "list", "run", "key", "run", "run", "return"]
    for number, with_ in (("0", ["log", "ledger"]), ("1", ["log", "key", "ledger"]), ("2", ["log", "key"])):
        told = json.loads(leadscrub("verify", folder / "runs" / number, "--json").out)
        assert (told["ok"], told["compared_with"], told["notes"]) == (True, with_, [])
    assert list(documented_program("check_proof").check(folder, kept.public.read_text())) == []
    assert list(documented_program("check_proof").check(folder / "runs" / "1", kept.public.read_text())) == []


def test_a_result_elsewhere_is_checked_with_the_key_alone_and_says_when_it_is_not(kept: Kept, tmp_path: Path) -> None:
    shutil.copytree(kept.restored() / "runs" / "1", tmp_path / "out")
    ran = leadscrub("verify", tmp_path / "out")
    assert ran.code == 0
    assert "note: the manifest itself was compared with nothing: in no folder above it is a workspace" in ran.out
    named = json.loads(leadscrub("verify", tmp_path / "out", "--workspace", kept.folder, "--json").out)
    assert named["compared_with"] == ["log", "key", "ledger"]
    assert leadscrub("verify", tmp_path / "out", "--key", kept.public).code == 0
    cell(tmp_path, "out")
    ran = leadscrub("verify", tmp_path / "out", "--key", kept.public)
    assert ran.code == 1
    assert "manifest.json is not the one that was signed with key" in ran.out
    assert list(documented_program("check_proof").check(tmp_path / "out", kept.public.read_text())) != []


def edited(folder: Path, change: Callable[[Any], object], run: str = "runs/1") -> None:
    """Change a manifest."""
    path = folder / run / "manifest.json"
    manifest = json.loads(path.read_text(encoding="utf-8"))
    change(manifest)
    path.write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")


def cell(folder: Path, run: str = "runs/1") -> None:
    """A cell of clean.parquet, and its hash in the manifest."""
    path = folder / run / "clean.parquet"
    metadata = pq.read_schema(path).metadata
    table = pl.read_parquet(path).with_columns(city=pl.lit("Elsewhere")).to_arrow()
    pq.write_table(table.replace_schema_metadata(metadata), path)
    content = path.read_bytes()
    edited(
        folder,
        lambda manifest: manifest["outputs"]["clean.parquet"].update(
            sha256=sha256(content).hexdigest(), bytes=len(content)
        ),
        run,
    )


def cell_and_root(folder: Path) -> None:
    """The same, with the root over the rows as it comes to."""
    cell(folder)
    proof = proof_of(folder / RUN_1)
    edited(folder, lambda manifest: manifest.update(rows=proof.model_dump(mode="json")))


def chain(folder: Path) -> list[str]:
    return (folder / "log" / "chain.jsonl").read_text(encoding="utf-8").splitlines()


def rewritten(folder: Path, lines: list[str], *, whole: bool = False) -> None:
    """Put a log in place of the one there is; ``whole``: hashed through and with its head, as a forger can."""
    prior = "0" * 64
    if whole:
        for number, line in enumerate(lines):
            lines[number] = canonical({**json.loads(line), "number": number + 1, "prior": prior})
            prior = sha256(lines[number].encode()).hexdigest()
        (folder / "log" / "head.json").write_text(canonical({"number": len(lines), "digest": prior}))
    (folder / "log" / "chain.jsonl").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")


def swapped_lines(folder: Path) -> None:
    lines = chain(folder)
    lines[2], lines[3] = lines[3], lines[2]
    rewritten(folder, lines)


def changed_line(folder: Path) -> None:
    rewritten(folder, [line.replace('"clean":3', '"clean":9') for line in chain(folder)], whole=True)


def forgotten_run(folder: Path) -> None:
    """A run that is gone from log, ledger and disk, in a log that is hashed through."""
    rewritten(folder, [line for number, line in enumerate(chain(folder), 1) if number != 6], whole=True)
    shutil.rmtree(folder / "runs" / "1")
    run_id = json.loads(chain(folder)[3])["subject"]
    in_ledger(folder, "DELETE FROM runs WHERE run_id != ?", run_id)


def in_ledger(folder: Path, statement: str, *values: str) -> None:
    with contextlib.closing(sqlite3.connect(folder / "ledger" / "ledger.db")) as connection:
        connection.execute(statement, values)
        connection.commit()
    (folder / "ledger" / "ledger.db.sum").unlink(missing_ok=True)


def begun_again(folder: Path) -> None:
    shutil.rmtree(folder / "log")
    enter_unlogged(folder, None)


def cell_without_log(folder: Path) -> None:
    """A cell in a workspace of before there was a log: only the ledger knows the manifest."""
    shutil.rmtree(folder / "log")
    in_ledger(folder, "DELETE FROM facts WHERE name = 'log'")
    cell(folder)


def swapped_folders(folder: Path) -> None:
    (folder / "runs" / "0").rename(folder / "runs" / "aside")
    (folder / "runs" / "1").rename(folder / "runs" / "0")
    (folder / "runs" / "aside").rename(folder / "runs" / "1")


def dated_back(folder: Path) -> None:
    """The day of a list's version in the store, under the name that belongs to it."""
    history = next((folder / "store" / "lists").glob("*.json"))
    steps = History.model_validate_json(history.read_text(encoding="utf-8"))
    version = steps.current or ""
    old = folder / "store" / "versions" / version[:32]
    text = (old / "version.json").read_text(encoding="utf-8").replace('"as_of": "2026-11-02"', '"as_of": "2026-11-20"')
    text = text.replace('"as_of":"2026-11-02"', '"as_of":"2026-11-20"')
    (old / "version.json").write_text(text, encoding="utf-8")
    forged = sha256(text.encode()).hexdigest()
    assert forged != version
    old.rename(old.with_name(forged[:32]))
    last = steps.steps[-1].model_copy(update={"version": forged})
    history.write_text(steps.model_copy(update={"steps": [*steps.steps[:-1], last]}).sealed().model_dump_json(indent=1))


def other_key(folder: Path) -> None:
    """A log that is signed through with a forger's key."""
    rewritten(folder, [line for line in chain(folder) if '"kind":"key"' not in line], whole=True)
    lines = [canonical({n: v for n, v in json.loads(line).items() if n != "signature"}) for line in chain(folder)]
    rewritten(folder, lines, whole=True)
    (folder / "log" / "key.pem").unlink()
    for path in folder.glob("runs/*/signature.json"):
        path.unlink()


def manifest_of(field: str, *path: str | int, value: object) -> Callable[[Path], None]:
    """Set a value deep in a manifest."""

    def change(manifest: Any) -> None:
        inner = manifest[field]
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = value

    return lambda folder: edited(folder, change)


RUN_1 = "runs/1"
#: What is done; what `log verify` names; whether `verify runs/1` finds it too, and whether the independent verifier,
#: which knows neither ledger nor store.
FORGERIES: dict[str, tuple[Callable[[Path], object], str, bool, bool]] = {
    "cell": (cell, "runs/1: manifest.json is not the one that was logged for run", True, True),
    "cell and root": (cell_and_root, "; rows is ", True, True),
    "cell alone": (
        lambda folder: (folder / RUN_1 / "clean.parquet").write_bytes(b"PAR1"),
        "runs/1: clean.parquet is not the file that was logged",
        True,
        True,
    ),
    "count": (manifest_of("counts", "clean", value=4), "counts clean is 4, logged 3", True, True),
    "date of a list": (
        manifest_of("lists", 0, "as_of", value="2026-11-20"),
        "as of 2026-11-20, logged ",
        True,
        True,
    ),
    "attestation": (
        manifest_of("rules", "campaign_evidence", "dialling", value="automated"),
        "attestations campaign dialling is automated, logged absent",
        True,
        True,
    ),
    "entry of another field": (manifest_of("inputs", 0, "name", value="x.csv"), "manifest.json is not", True, True),
    "deleted run": (
        lambda folder: shutil.rmtree(folder / "runs" / "0"),
        "is gone, and the log knows of no deletion",
        False,
        True,
    ),
    "run deleted from the ledger": (
        lambda folder: in_ledger(folder, "DELETE FROM runs"),
        "ledger: it does not have what entry 4 logged: run",
        False,
        False,
    ),
    "another manifest in the ledger": (
        lambda folder: in_ledger(folder, "UPDATE runs SET manifest_sha256 = ?", "0" * 64),
        "is not in the log",
        True,
        False,
    ),
    "return deleted from the ledger": (
        lambda folder: in_ledger(folder, "UPDATE return_files SET state = 'written'"),
        "ledger: it does not have what entry 8 logged: return",
        False,
        False,
    ),
    "reordered log": (swapped_lines, "an entry was changed, moved or removed", True, True),
    "log cut": (lambda folder: rewritten(folder, chain(folder)[:-1]), "it was cut: it has 7 entries", True, True),
    "log cut in a line": (
        lambda folder: os.truncate(folder / "log" / "chain.jsonl", (folder / "log" / "chain.jsonl").stat().st_size - 9),
        "its last line is cut off",
        True,
        True,
    ),
    "log cut, with its head": (
        lambda folder: rewritten(folder, chain(folder)[:-1], whole=True),
        "ledger: return acme",
        False,
        False,
    ),
    "log edited": (
        lambda folder: rewritten(folder, [line.replace('"clean":3', '"clean":9') for line in chain(folder)]),
        "does not go on from line",
        True,
        True,
    ),
    "log edited and hashed through": (changed_line, "the signature of entry 6 (run", True, True),
    "run forgotten everywhere": (forgotten_run, "the signature of entry 6", False, True),
    "log gone": (
        lambda folder: shutil.rmtree(folder / "log"),
        "log: it is gone; the ledger knows that there was one",
        True,
        True,
    ),
    "log gone, and a new one begun": (
        begun_again,
        "it had been left with more than no entries and was found with 0",
        True,
        True,
    ),
    "head gone": (
        lambda folder: (folder / "log" / "head.json").unlink(),
        "head.json is missing or damaged",
        True,
        True,
    ),
    "swapped manifest": (
        lambda folder: shutil.copy(folder / "runs" / "0" / "manifest.json", folder / RUN_1),
        "runs/1: manifest.json is not the one that was logged for run",
        True,
        True,
    ),
    "swapped results": (swapped_folders, "it is that of run", True, True),
    "signature removed": (
        lambda folder: (folder / RUN_1 / "signature.json").unlink(),
        "runs/1: signature.json is missing",
        True,
        True,
    ),
    "unsigned": (other_key, "no entry names key", False, True),
    "date of a list in the store": (dated_back, "store: add of list 'ftc', version", False, False),
    "list removed from the store": (
        lambda folder: shutil.rmtree(folder / "store"),
        "store: it does not have what entry 2 logged: add of list 'ftc'",
        False,
        False,
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forgery_is_named(kept: Kept, name: str) -> None:
    folder = kept.restored()
    forge, named, of_result, of_files = FORGERIES[name]
    forge(folder)
    if (folder / RUN_1).exists():
        assert (leadscrub("verify", folder / RUN_1).code == 1) == of_result
    assert (list(documented_program("check_proof").check(folder, kept.public.read_text())) != []) == of_files
    ran = leadscrub("log", "verify", "--workspace", folder, "--key", kept.public)
    assert (ran.code, ran.err) == (1, "")
    assert named in ran.out


def test_with_a_ledger_alone_a_cell_is_found(kept: Kept) -> None:
    cell_without_log(kept.restored())
    ran = leadscrub("verify", kept.folder / RUN_1)
    assert ran.code == 1
    assert "FAULT manifest.json is not the one that the ledger names" in ran.out
    assert "FAULT cells of clean.parquet or rejected.parquet differ from the root over all rows" in ran.out


@pytest.mark.slow
def test_a_changed_bit_of_any_file_is_named(kept: Kept) -> None:
    """Settings and what a person put there are not asked."""
    names = sorted(
        str(path.relative_to(kept.pristine))
        for folder in ("runs", "log", "store", "outgoing", "ledger/history")
        for path in (kept.pristine / folder).rglob("*")
        if path.is_file() and path.stat().st_size and path.suffix not in {".key", ".xlsx"}
    )
    names.append("ledger/ledger.db")
    assert len(names) > 20
    for name in names:
        path = kept.restored() / name
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
        ran = leadscrub("log", "verify", "--workspace", kept.folder)
        assert ran.code == 1, name
        assert "FAULT" in ran.out or ran.err, name

"""Encrypted drops and lists are read by who has an identity; archive and exports are encrypted for recipients."""

from __future__ import annotations

import gzip
import io
import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import campaign_text, leadscrub

pyrage = pytest.importorskip("pyrage")
DROP = "name,phone\nAnn,202-555-0123\nBob,202-555-0147\n"


@pytest.fixture
def recipient(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A recipient, whose identity is in the folder of keys."""
    identity = pyrage.x25519.Identity.generate()
    keys = tmp_path / "keys"
    keys.mkdir()
    (keys / "archive.txt").write_text(f"# public key: {identity.to_public()}\n{identity}\n", encoding="utf-8")
    monkeypatch.setenv("LEADSCRUB_KEYS", str(keys))
    return str(identity.to_public())


def encrypted(content: bytes, recipient: str) -> bytes:
    sink = io.BytesIO()
    pyrage.encrypt_io(io.BytesIO(content), sink, [pyrage.x25519.Recipient.from_str(recipient)])
    return sink.getvalue()


def scrubbed(tmp_path: Path, content: bytes, *options: str | Path) -> tuple[int, str, Path]:
    drop, out = tmp_path / "drop.csv.gz.age", tmp_path / "out"
    drop.write_bytes(content)
    fixed = ("--channel", "call", "--region", "US", "--as-of", "2026-11-20", "--force")
    ran = leadscrub("scrub", drop, "-o", out, *fixed, *(options or ("--no-lists",)))
    return ran.code, ran.err, out


def test_a_packed_drop_and_a_list_are_read_as_if_they_were_not_encrypted(tmp_path: Path, recipient: str) -> None:
    ours = tmp_path / "ours.txt.age"
    ours.write_bytes(encrypted(b"2025550123\n", recipient))
    content = encrypted(gzip.compress(DROP.encode()), recipient)
    code, err, out = scrubbed(tmp_path, content, "--internal", ours)
    assert code == 0, err
    rows = pl.read_parquet(out / "findings.parquet").filter(code="dnc.internal")["row_id"].to_list()
    [given] = json.loads((out / "manifest.json").read_text(encoding="utf-8"))["inputs"]
    assert (rows, given["bytes"], given["counts"]["read"]) == ([0], len(content), 2)


def test_who_has_no_identity_reads_nothing(tmp_path: Path, recipient: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = encrypted(DROP.encode(), recipient)
    assert scrubbed(tmp_path, content[:-9])[0] == 4
    other = pyrage.x25519.Identity.generate()
    (tmp_path / "keys" / "archive.txt").write_text(str(other), encoding="utf-8")
    code, err, _ = scrubbed(tmp_path, content)
    assert (code, "for none of the identities" in err) == (4, True), err
    monkeypatch.setenv("LEADSCRUB_KEYS", str(tmp_path / "none"))
    code, err, _ = scrubbed(tmp_path, content)
    assert (code, "LEADSCRUB_KEYS" in err, str(other) in err) == (4, True, False), err


@pytest.mark.slow
def test_archive_and_exports_are_encrypted_and_a_person_is_erased_from_them(tmp_path: Path, recipient: str) -> None:
    folder = tmp_path / "leads"
    for name in ("campaigns", "vendors", "inbox/acme"):
        (folder / name).mkdir(parents=True)
    settings = f'[nightly]\nsettle_seconds = 0\n[ledger]\n[at_rest]\nrecipients = ["{recipient}"]\n'
    (folder / "leadscrub.toml").write_text(settings, encoding="utf-8")
    (folder / "campaigns" / "calls.toml").write_text(campaign_text(("call",), name="calls"), encoding="utf-8")
    (folder / "vendors" / "acme.toml").write_text('name = "acme"\ncampaign = "calls"\n', encoding="utf-8")
    (folder / "inbox" / "acme" / "a.csv").write_text(DROP, encoding="utf-8")
    (folder / "inbox" / "acme" / "a.csv.done").touch()
    ran = leadscrub("nightly", "--workspace", folder, "--as-of", "2026-11-20")
    assert ran.code == 0, ran.err
    [archived] = [path for path in (folder / "archive").rglob("*") if path.name.endswith(".age")]
    assert list((folder / "inbox" / "acme").iterdir()) == []
    [out] = [path.parent for path in (folder / "runs").rglob("manifest.json")]
    export = ("export", out, "--columns", "contact", "--as-of", "2026-11-20", "--to")
    assert leadscrub(*export, folder / "leads.csv.age").code == 0
    assert leadscrub(*export, folder / "leads.csv", "--encrypt-to", recipient).code == 2
    identity = next(line for line in (tmp_path / "keys" / "archive.txt").read_text().splitlines() if line[0] != "#")

    def plain(path: Path) -> str:
        text: bytes = pyrage.decrypt(path.read_bytes(), [pyrage.x25519.Identity.from_str(identity)])
        return text.decode()

    assert plain(archived) == DROP
    assert "+12025550123" in plain(folder / "leads.csv.age")
    assert leadscrub("log", "verify", "--workspace", folder).code == 0
    ran = leadscrub("subject", "erase", "--phone", "+12025550123", "--workspace", folder, "--yes")
    assert ran.code == 0, ran.err
    assert plain(archived) == "name,phone\n,\nBob,202-555-0147\n"
    assert "+12025550123" not in plain(folder / "leads.csv.age")
    assert leadscrub("log", "verify", "--workspace", folder).code == 0
    assert [path for path in folder.rglob("*") if path.is_file() and b"2025550123" in path.read_bytes()] == []

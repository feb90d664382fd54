"""The public API: its names and signatures, and that it works with our own packages or not at all."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from dataclasses import fields
from datetime import date
from pathlib import Path

import pytest

import leadscrub
from tests.conftest import REPO, Written

#: What users may rely on. A change here is a change of the API, and goes into the changelog.
SIGNATURES = {
    "scrub": "(request: 'Request', report: 'Report' = <function silent>) -> 'Result'",
    "export": "(request: 'ExportRequest') -> 'Exported'",
    "inspect": "(drops: 'list[str]', layout: 'Layout | None' = None) -> 'list[Inspection]'",
    "verify": "(out: 'Path', *, key: 'Path | None' = None, workspace: 'Path | None' = None) -> 'list[str]'",
    "Screener": "(like: 'Any', *, as_of: 'date', campaign: 'Path | None' = None, vendor: 'str | None' = None, "
    "layout: 'str | Path | Layout | None' = None, region: 'str | None' = None, no_region: 'bool' = False, "
    "channels: 'Sequence[Channel]' = (), lists: 'Sequence[ListEntry]' = (), store: 'Path | None' = None, "
    "store_lists: 'Sequence[str]' = (), no_lists: 'bool' = False, allow_stale: 'Sequence[str]' = (), "
    "max_age: 'MaxAge' = MaxAge(days=None, by_kind=()), rules: 'Sequence[str]' = (), accept_weaker: 'bool' = False, "
    "evidence: 'Sequence[str]' = ()) -> 'None'",
    "open_store": "(folder: 'Path') -> 'Store'",
}
FIELDS = {
    "Request": "drops out as_of named_in campaign vendor layout sheets region no_region channels lists store "
    "store_lists no_lists allow_stale max_age rules accept_weaker evidence max_reject_rate accept_drift accept_held "
    "check_mx dns_server ledger received_at record turn dry_run force earlier again decisions threads block_bytes",
    "Result": "manifest warnings too_many_rejected unchanged out",
    "ExportRequest": "folder to as_of rows columns layout allow_expired accept_held force at encrypt_to",
    "Exported": "path rows columns sha256 left_out recorded comes_from",
    "Inspection": "file sheet read_as records malformed malformed_lines careful columns notes problem",
    "Screened": "verdicts findings",
    "Column": "name field confidence why kind filled samples",
}
OTHERS = ["Layout", "ListEntry", "Manifest", "Store"]
ERRORS = [
    "ConfigError",
    "DropError",
    "HeldError",
    "LeadscrubError",
    "LedgerError",
    "ListError",
    "OutputError",
    "UsageError",
]


def test_names_and_signatures() -> None:
    assert sorted(leadscrub.__all__) == sorted([*SIGNATURES, *FIELDS, *OTHERS, *ERRORS])
    signatures = {name: str(inspect.signature(getattr(leadscrub, name))) for name in SIGNATURES}
    assert {name: text.split(" at 0x")[0] for name, text in signatures.items()} == {
        name: text.split(">")[0] if " at 0x" in signatures[name] else text for name, text in SIGNATURES.items()
    }
    assert {name: " ".join(each.name for each in fields(getattr(leadscrub, name))) for name in FIELDS} == FIELDS
    assert all(issubclass(getattr(leadscrub, name), leadscrub.LeadscrubError) for name in ERRORS)
    assert dir(leadscrub) == sorted(leadscrub.__all__)
    assert all(getattr(leadscrub, name).__doc__ for name in leadscrub.__all__)


def test_a_scrub_from_python(tmp_path: Path, written: Written) -> None:
    drop = written("leads.csv", "phone,email\n+44 20 7946 0958,ann@mail.invalid\n+1 303 499 7111,\n")
    ours = leadscrub.ListEntry(kind="dnc.internal", name="ours", file=written("ours.txt", "+13034997112\n"))
    request = leadscrub.Request(
        drops=[str(drop)],
        out=tmp_path / "out",
        as_of=date(2026, 11, 21),
        channels=["call"],
        region="US",
        lists=[ours],
        threads=1,
    )
    result = leadscrub.scrub(request)
    assert (result.manifest.counts.clean, result.manifest.counts.rejected) == (1, 1)
    assert leadscrub.verify(tmp_path / "out") == []
    (seen,) = leadscrub.inspect([str(drop)])
    assert [(column.name, column.field) for column in seen.columns] == [("phone", "phone"), ("email", "email")]
    with pytest.raises(leadscrub.UsageError, match="is not a store of suppression lists"):
        leadscrub.open_store(tmp_path)
    with pytest.raises(AttributeError, match="has no attribute 'scrubb'"):
        leadscrub.scrubb  # noqa: B018


@pytest.mark.parametrize("name", ["pipeline", "schemas", "suppression"])
@pytest.mark.parametrize("as_package", [True, False])
def test_a_stranger_of_our_name_is_refused_with_its_path(tmp_path: Path, name: str, as_package: bool) -> None:
    """As when a project of the user's has a package `schemas`, and its folder is on PYTHONPATH."""
    path, here = tmp_path / "path", tmp_path / "here"
    stranger = path / name / "__init__.py" if as_package else path / f"{name}.py"
    stranger.parent.mkdir(parents=True)
    here.mkdir()
    stranger.write_text("print('imported')\n")
    environment = {**os.environ, "PYTHONPATH": f"{path}{os.pathsep}{REPO}"}
    api = [sys.executable, "-c", "import leadscrub; leadscrub.scrub"]
    for command in ([sys.executable, "-m", "leadscrub", "--version"], api):
        ran = subprocess.run(command, cwd=here, env=environment, capture_output=True, text=True, check=False)
        if command is not api:
            assert ran.returncode == 3
            assert ran.stderr.startswith("leadscrub: leadscrub needs its own package")
            assert ran.stderr.count("\n") == 1
        assert ran.returncode != 0
        assert (
            f"leadscrub needs its own package '{name}' in '{REPO}', and what Python finds is '{stranger}'."
            in ran.stderr
        )
        assert "imported" not in ran.stdout

"""What a contract says, and which reasons it may name."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from pipeline.commands.init_workspace import make_workspace
from schemas.codes import CODES, may_go_back
from schemas.config import Vendor, load


def vendor(tmp_path: Path, text: str) -> tuple[Vendor | None, list[str]]:
    path = tmp_path / "v.toml"
    path.write_text(text)
    faults: list[str] = []
    return load(path, Vendor, faults, {"rules": dict}), faults


@pytest.mark.parametrize("code", CODES)
def test_every_reason_of_the_register_is_taken_or_refused_as_it_says(tmp_path: Path, code: str) -> None:
    found, faults = vendor(tmp_path, f'name = "v"\n[returns]\nwindow = "1h"\n[returns.reasons]\n"{code}" = "x"\n')
    assert (found is not None) == may_go_back(CODES[code])
    assert len(faults) == (found is None)
    if CODES[code].effect == "block" and CODES[code].vendor_phrase is None:
        assert "an internal reason" in faults[0]


def test_the_reason_itself_wins_and_then_the_longest_beginning(tmp_path: Path) -> None:
    text = '"phone.*" = "p"\nphone.invalid = "i"\n"us.*" = "u"\n"us.tsr.*" = "t"\n'
    found, faults = vendor(tmp_path, f'name = "v"\n[returns]\nwindow = "1h"\n[returns.reasons]\n{text}')
    assert "there is no such reason" in faults[0]  # no rule is known here
    found, faults = vendor(
        tmp_path, 'name = "v"\n[returns]\nwindow = "1h"\n[returns.reasons]\n"phone.*" = "p"\nphone.fax = "f"\n'
    )
    assert found is not None
    assert found.returns is not None
    phrases = {
        code: found.returns.phrase_for(code) for code in ("phone.fax", "phone.invalid", "phones", "email.syntax")
    }
    assert phrases == {"phone.fax": "f", "phone.invalid": "p", "phones": None, "email.syntax": None}


def test_the_example_contract_of_a_new_workspace_is_sound(tmp_path: Path) -> None:
    make_workspace(tmp_path / "w")
    lines = (tmp_path / "w" / "vendors" / "example.toml").read_text().splitlines()
    start = lines.index("# [returns]")
    end = next(place for place in range(start, len(lines)) if not lines[place].startswith("#"))
    text = "\n".join(line.removeprefix("# ") for line in lines[start:end])
    text = text.replace('window = "14d" ', 'window = "14bd"')
    assert len(tomllib.loads(text)["returns"]) > 10
    found, faults = vendor(tmp_path, f'name = "v"\n{text}\n')
    assert (faults, found is not None) == ([], True)

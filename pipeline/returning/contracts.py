"""The contracts of a workspace's vendors, and which reasons each of them accepts."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from pathlib import Path

from pipeline.workspace import vendor_files
from schemas.codes import CODES, ReasonCode, may_go_back
from schemas.config import Vendor, load, raise_faults
from schemas.contracts import RULES, ReturnTerms
from schemas.support.tomls import read_toml
from suppression.rules.loading import ALL, load_packs


class Contracts:
    """Vendors by name. The rule packs are read only when a contract or a row speaks of a rule."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self.vendors: dict[str, Vendor] = {}
        self._files: dict[str, Path] = {}
        faults: list[str] = []
        for path in vendor_files(workspace):
            vendor = load(path, Vendor, faults, {RULES: self._rules})
            if vendor is None:
                continue
            if vendor.name in self.vendors:
                faults.append(f"{path}: name: another file of the folder is about '{vendor.name}' as well")
            self.vendors[vendor.name] = vendor
            self._files[vendor.name] = path
        raise_faults(faults)

    @functools.cached_property
    def _packs(self) -> Mapping[str, ReasonCode]:
        packs = load_packs([ALL], self._workspace)
        return {each.rule.id: each.rule.reason for pack in packs for each in pack.rules}

    def _rules(self) -> Mapping[str, ReasonCode]:
        return self._packs

    def where(self, vendor: str, key: str) -> str:
        """File and line of a key of [returns]."""
        located = read_toml(self._files[vendor], Vendor, [])
        return located.where(["returns", key]) if located else str(self._files[vendor])

    def phrase(self, terms: ReturnTerms, code: str) -> str | None:
        """The vendor's words for a row with this primary reason; None when it does not go back.

        What the vendor may not see never does, whatever a contract or a prefix in it says.
        """
        phrase = terms.phrase_for(code)
        if phrase is None:
            return None
        reason = CODES.get(code) or self._packs.get(code)
        return phrase if reason is not None and may_go_back(reason) else None

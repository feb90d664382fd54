"""Who is looked for: as they were named, and every form by which a place may know them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import tomli

from pipeline.results.person_wanted import Wanted, wanted_email, wanted_name, wanted_phone
from schemas.errors import UsageError
from schemas.recipes import KeyedRecipe
from schemas.support.shortage import raise_shortage
from suppression.entry_erasing import Sought


@dataclass(frozen=True)
class Person:
    """A person by phones, emails and names. Each of them alone finds what has it."""

    phones: tuple[Wanted, ...]
    emails: tuple[Wanted, ...]
    names: tuple[Wanted, ...]

    @property
    def wanted(self) -> list[Wanted]:
        """All of them."""
        return [*self.phones, *self.emails, *self.names]

    @cached_property
    def sought(self) -> Sought:
        """Normal forms, as lists and the history know them."""
        return Sought(
            tuple(dict.fromkeys(form for each in self.phones for form in each.normals)),
            tuple(dict.fromkeys(form for each in self.emails for form in each.normals)),
        )

    @property
    def shown(self) -> list[str]:
        """Masked, for people."""
        return [" or ".join(each.shown) for each in self.wanted]

    @property
    def unread(self) -> list[str]:
        """Masked, those that are no valid number or address: they are looked for as they were written."""
        return [" or ".join(each.shown) for each in (*self.phones, *self.emails) if not each.normals]

    def id(self, recipe: KeyedRecipe) -> str:
        """By which the log knows the person: of a keyed hash, so that the log does not say who it is."""
        texts = sorted([*self.sought.points, *(text for each in self.wanted for text in each.shown)])
        return hashlib.sha256(b"".join(recipe.digest(text) for text in texts)).hexdigest()[:16]


def person_named(
    phones: Sequence[str], emails: Sequence[str], names: Sequence[str], region: str | None, workspace: Path | None
) -> Person:
    """Take a person as the command line names them. Raises `UsageError` when nobody is named, or a text names nobody.

    A number without a country's code is read in the region, by default in the one that all campaigns have.
    """
    if not phones and not emails and not names:
        raise UsageError("Nobody is named.", "Name a person by --phone, --email or --name; each of them is repeatable.")
    region = region or _region_of(workspace)
    return Person(
        tuple(wanted_phone(text, region) for text in phones),
        tuple(wanted_email(text) for text in emails),
        tuple(wanted_name(text) for text in names),
    )


def _region_of(workspace: Path | None) -> str | None:
    """The region of all campaigns of a workspace, if it is the same."""
    found: set[str | None] = set()
    for path in sorted((workspace / "campaigns").glob("*.toml")) if workspace is not None else []:
        try:
            found.add(tomli.loads(path.read_text(encoding="utf-8")).get("region"))
        except (OSError, UnicodeDecodeError, tomli.TOMLDecodeError) as error:
            raise_shortage(error)
    return found.pop() if len(found) == 1 else None

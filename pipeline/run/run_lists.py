"""Lists that are named on the command line, for this run only."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

from pydantic import ValidationError

from schemas.config import ListEntry
from schemas.errors import UsageError
from schemas.list_kinds import REGISTRIES, list_kind
from schemas.recipes import parse_recipe
from schemas.support.names import did_you_mean
from suppression.loading import MAX_REFUSED

_FORM = re.compile(r"([^:=]+):([^=]+)=(.+)")
_DATED = re.compile(r"(.+)@(\d{4}-\d{2}-\d{2})")


#: A list's name also names files.
_LONGEST = 100


class _Given(NamedTuple):
    """A list as it was named. ``named``: the user gave it its name, which is not its file's."""

    kind: str
    name: str
    path: Path
    as_of: date | None
    named: bool


def run_lists(
    by_kind: Mapping[str, Sequence[Path]],
    others: list[str],
    columns: list[str],
    hashes: list[str],
    max_refused: Sequence[str] = (),
) -> list[ListEntry]:
    """Make list entries of the options. ``by_kind`` are the short ones (--dnc FILE), named after their files.

    A file may carry the day on which its copy was made: ``FILE@2026-11-20``. A national list that is called like a
    registry (``dnc.national:tps=FILE``) is a copy of it. Raises `UsageError` when an option is not of its form.
    """
    given = []
    for kind, paths in by_kind.items():
        for file in paths:
            path, as_of = _dated(str(file))
            given.append(_Given(kind, path.stem, path, as_of, named=False))
    for text in others:
        if _is_store_name(text):
            continue
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(
                f"--list '{text}' is not of the form KIND:NAME=FILE or KIND:NAME=FILE@DATE.",
                "As in dnc.state:texas=tx.csv@2026-11-20.",
            )
        list_kind(match[1])
        given.append(_Given(match[1], match[2], *_dated(match[3]), named=True))
    names = [one.name for one in given]
    column_of, recipe_of = _pairs("--list-column", columns, names), _pairs("--list-hash", hashes, names)
    refused = _shares(max_refused, names)
    entries = []
    for one in given:
        # Two files may share a name: --dnc a/list.txt --internal b/list.txt
        own = one.name if names.count(one.name) == 1 else f"{one.kind}-{one.name}"
        own = re.sub(r"[^A-Za-z0-9_.-]", "-", own)[:_LONGEST]
        recipe = parse_recipe(recipe_of[one.name]).spelled if one.name in recipe_of else None
        is_registry = one.named and one.kind == "dnc.national" and one.name in REGISTRIES
        try:
            entries.append(
                ListEntry(
                    kind=one.kind,
                    name=own,
                    file=one.path,
                    column=column_of.get(one.name),
                    hash=recipe,
                    as_of=one.as_of,
                    registry=one.name if is_registry else None,
                    max_refused=refused.get(one.name, refused[""]),
                )
            )
        except ValidationError as error:
            raise UsageError(
                f"List name '{one.name}' is not usable.", "Use letters, digits, '.', '-' and '_'."
            ) from error
    return entries


def store_names(texts: list[str]) -> list[str]:
    """Names among the --list options that are lists of the store."""
    return [text for text in texts if _is_store_name(text)]


def _is_store_name(text: str) -> bool:
    # A file's name alone does not say what kind of list it is.
    return "=" not in text and ":" not in text and not Path(text).exists()


def _dated(text: str) -> tuple[Path, date | None]:
    """Part ``FILE@DATE``; a file that is called like that is itself."""
    match = _DATED.fullmatch(text)
    if match is None or Path(text).exists():
        return Path(text), None
    try:
        return Path(match[1]), date.fromisoformat(match[2])
    except ValueError as error:
        raise UsageError(f"'{match[2]}' is not a day (of '{match[1]}').", "Write it as YYYY-MM-DD.") from error


def _shares(texts: Sequence[str], names: list[str]) -> dict[str, float]:
    """Read ``SHARE`` (of every list, under an empty name) and ``NAME=SHARE``."""
    shares = {"": MAX_REFUSED}
    for text in texts:
        name, _, number = text.rpartition("=")
        if name and name not in names:
            raise UsageError(f"--max-refused names a list '{name}' that is not given.", did_you_mean(name, names))
        try:
            share = float(number)
        except ValueError:
            share = -1.0
        if not 0 <= share <= 1:
            raise UsageError(f"--max-refused '{text}' is not of the form [NAME=]SHARE, from 0 to 1.", "As in 0.05.")
        shares[name] = share
    return shares


def _pairs(option: str, texts: list[str], names: list[str]) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not value:
            raise UsageError(f"{option} '{text}' is not of the form NAME=VALUE.")
        if name not in names:
            raise UsageError(f"{option} names a list '{name}' that is not given.", did_you_mean(name, names))
        pairs[name] = value
    return pairs

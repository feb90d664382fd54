"""Lists that are named on the command line, for this run only."""

from __future__ import annotations

import re
from pathlib import Path

from pydantic import ValidationError

from schemas.config import ListEntry
from schemas.errors import UsageError
from schemas.list_kinds import list_kind
from schemas.recipes import parse_recipe
from schemas.support.names import did_you_mean

_FORM = re.compile(r"([^:=]+):([^=]+)=(.+)")


def run_lists(
    by_kind: dict[str, list[Path]], others: list[str], columns: list[str], hashes: list[str]
) -> list[ListEntry]:
    """Make list entries of the options. ``by_kind`` are the short ones (--dnc FILE), named after their files."""
    given = [(kind, path.stem, path) for kind, paths in by_kind.items() for path in paths]
    for text in others:
        if _is_store_name(text):
            continue
        match = _FORM.fullmatch(text)
        if match is None:
            raise UsageError(f"--list '{text}' is not of the form KIND:NAME=FILE.", "As in dnc.state:texas=tx.csv.")
        list_kind(match[1])
        given.append((match[1], match[2], Path(match[3])))
    names = [name for _, name, _ in given]
    column_of, recipe_of = _pairs("--list-column", columns, names), _pairs("--list-hash", hashes, names)
    entries = []
    for kind, name, path in given:
        # Two files may share a name: --dnc a/list.txt --internal b/list.txt
        own = name if names.count(name) == 1 else f"{kind}-{name}"
        own = re.sub(r"[^A-Za-z0-9_.-]", "-", own)
        recipe = parse_recipe(recipe_of[name]).spelled if name in recipe_of else None
        try:
            entries.append(ListEntry(kind=kind, name=own, file=path, column=column_of.get(name), hash=recipe))
        except ValidationError as error:
            raise UsageError(f"List name '{name}' is not usable.", "Use letters, digits, '.', '-' and '_'.") from error
    return entries


def store_names(texts: list[str]) -> list[str]:
    """Names among the --list options that are lists of the store."""
    return [text for text in texts if _is_store_name(text)]


def _is_store_name(text: str) -> bool:
    # A file's name alone does not say what kind of list it is.
    return "=" not in text and ":" not in text and not Path(text).exists()


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

"""Keys under which two spellings of one mailbox are the same, as far as the user says so.

Folding is for matching only. What is written out, and what mail is sent to, stays as it was given.
"""

from __future__ import annotations

from typing import Final

import polars as pl

#: Mail domains (``.com``) of one provider under which one mailbox answers, or which senders treat as one. The first of
#: each names the group. Source: Optizmo, provider aliases.
PROVIDER_ALIASES: Final = (
    ("hotmail", "live", "outlook"),
    ("gmail", "googlemail"),
    ("icloud", "me", "mac"),
    ("aol", "aim"),
)
_ALIASES: Final = {f"{name}.com": f"{group[0]}.com" for group in PROVIDER_ALIASES for name in group}
#: Providers that look over dots in the local part.
_DOTLESS: Final = ("gmail.com", "googlemail.com")


def fold_email(key: pl.Expr, folds: frozenset[str]) -> pl.Expr:
    """Fold a lower-cased normal form.

    ``plus`` drops the tag behind a plus, ``dots`` the dots of Gmail's local parts, ``aliases`` puts the name of the
    provider's group for its domains.
    """
    if not folds:
        return key
    local = key.str.extract("^(.*)@", 1)
    domain = key.str.extract("@([^@]*)$", 1)
    if "plus" in folds:
        local = local.str.replace(r"^([^+]+)\+.*$", "$1")
    if "dots" in folds:
        local = pl.when(domain.is_in(_DOTLESS)).then(local.str.replace_all(".", "", literal=True)).otherwise(local)
    if "aliases" in folds:
        domain = domain.replace(_ALIASES)
    return local + "@" + domain

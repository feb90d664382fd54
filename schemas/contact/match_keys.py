"""Keys under which two spellings of an address count as one, where a list's owner or a campaign chooses so.

The plain key is `schemas.contact.email.email_key`. Folding goes further and may take two people for one, so none is
done unless it is asked for. Sources: Optizmo's provider aliases; Gmail's help pages for its dots.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, overload

import polars as pl

from schemas.errors import UsageError
from schemas.support.names import did_you_mean

#: ``plus``: ``a+news@d`` is ``a@d``. ``dots``: Gmail takes ``a.b`` for ``ab``; other providers do not, and are left
#: alone. ``aliases``: the domains of one provider are one.
FOLDS: Final = ("plus", "dots", "aliases")

#: Mail domains (below .com) of one provider that senders treat as one. The first of each stands for the group.
PROVIDER_ALIASES: Final = (
    ("hotmail", "live", "outlook"),
    ("gmail", "googlemail"),
    ("icloud", "me", "mac"),
    ("aol", "aim"),
)
_GMAIL: Final = r"@(?:gmail|googlemail)\.com$"


@overload
def fold_email(keys: pl.Expr, folds: frozenset[str]) -> pl.Expr: ...


@overload
def fold_email(keys: pl.Series, folds: frozenset[str]) -> pl.Series: ...


def fold_email(keys: pl.Expr | pl.Series, folds: frozenset[str]) -> pl.Expr | pl.Series:
    """Fold addresses that are lower-case keys already; null stays null. Without folds they are returned as they are."""
    if isinstance(keys, pl.Series):
        return pl.select(_folded(pl.lit(keys), folds).alias(keys.name)).to_series() if folds else keys
    return _folded(keys, folds)


def _folded(key: pl.Expr, folds: frozenset[str]) -> pl.Expr:
    if "plus" in folds:
        # What begins with a plus has nothing before it to keep.
        key = key.str.replace(r"^([^+@]+)\+[^@]*@", "${1}@")
    if "dots" in folds:
        local, domain = key.str.extract("^(.*)@", 1), key.str.extract("(@[^@]*)$", 1)
        key = (
            pl.when(key.str.contains(_GMAIL)).then(local.str.replace_all(".", "", literal=True) + domain).otherwise(key)
        )
    if "aliases" in folds:
        for first, *others in PROVIDER_ALIASES:
            key = key.str.replace(rf"@(?:{'|'.join(others)})\.com$", f"@{first}.com")
    return key


def folds_named(names: Iterable[str]) -> frozenset[str]:
    """Check names of folds. Raises `UsageError` when one does not exist."""
    chosen = frozenset(names)
    for name in sorted(chosen):
        if name not in FOLDS:
            raise UsageError(f"Addresses cannot be folded by '{name}'.", did_you_mean(name, FOLDS))
    return chosen

"""How the command line names a table: which database or lake, which table in it, which version, in which order."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final, Literal
from urllib.parse import unquote, urlsplit

from schemas.errors import UsageError
from schemas.support.names import did_you_mean

TableKind = Literal["delta", "iceberg", "duckdb", "postgresql"]
#: How a drop begins that names a table -> of which kind it is.
_BEGINNINGS: Final[dict[str, TableKind]] = {
    "delta:": "delta",
    "duckdb:": "duckdb",
    "iceberg://": "iceberg",
    "postgresql://": "postgresql",
    "postgres://": "postgresql",
}
#: Kind -> what may follow behind ``?``.
_OPTIONS: Final[dict[TableKind, tuple[str, ...]]] = {
    "delta": ("version",),
    "iceberg": ("snapshot",),
    "duckdb": ("table", "order"),
    "postgresql": ("table", "order"),
}
#: By this folder in it, a folder is a Delta table.
DELTA_LOG: Final = "_delta_log"
_QUERY: Final = re.compile(r"\?(?=[a-z]+=)")
_PART: Final = re.compile(r'"(?:[^"]|"")+"|[^".,]+')
_PLAIN: Final = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True)
class TableUrl:
    """A table. ``place``: the folder or file, the catalogue's name, or ``postgresql://`` with user, host and database.

    ``table``: the parts of its name, exactly as the database has them. ``pinned``: version or snapshot; None: the
    latest. ``order``: columns by which rows are read. ``properties``: of the catalogue, as the workspace has them.
    """

    kind: TableKind
    place: str
    table: tuple[str, ...] = ()
    order: tuple[str, ...] = ()
    pinned: str | None = None
    properties: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        """The URL without user; it may be used again, and then names the very same."""
        name = _escaped(written(self.table))
        if self.kind == "iceberg":
            return f"iceberg://{self.place}/{written(self.table)}" + (
                "" if not self.pinned else f"?snapshot={self.pinned}"
            )
        if self.kind == "delta":
            return f"delta:{self.place}" + ("" if not self.pinned else f"?version={self.pinned}")
        order = f"&order={_escaped(','.join(written((each,)) for each in self.order))}" if self.order else ""
        place = f"duckdb:{self.place}" if self.kind == "duckdb" else _without_user(self.place)
        return f"{place}?table={name}{order}"

    @property
    def name(self) -> str:
        """What results call it: the table, behind it its version or snapshot."""
        last = Path(self.place).name or self.place
        if self.kind == "delta":
            return f"{last}@{self.pinned}"
        if self.kind == "iceberg":
            return f"{written(self.table)}@{self.pinned}"
        return f"{last}!{written(self.table)}" if self.kind == "duckdb" else written(self.table)

    def as_argument(self) -> str:
        """Write it for the process that reads it."""
        return json.dumps(asdict(self))


def url_of_argument(argument: str) -> TableUrl:
    """Read what `TableUrl.as_argument` wrote."""
    facts = json.loads(argument)
    return TableUrl(**{**facts, "table": tuple(facts["table"]), "order": tuple(facts["order"])})


def is_table(drop: str) -> bool:
    """Whether a drop names a table, or a folder that is a Delta table."""
    return drop.startswith(tuple(_BEGINNINGS)) or ("://" not in drop and (Path(drop) / DELTA_LOG).is_dir())


def table_url(drop: str) -> TableUrl | None:
    """Read a drop that names a table, or a folder that is a Delta table; None for any other drop.

    Raises `UsageError` when what is named cannot be a table.
    """
    if not is_table(drop):
        return None
    kind = next((kind for begun, kind in _BEGINNINGS.items() if drop.startswith(begun)), None)
    if kind is None:
        return TableUrl("delta", drop)
    scheme, _, rest = drop.partition(":")
    rest, options = _taken_apart(rest, kind)
    table = names_in(options.get("table", ""), "table") if "table" in options else ()
    order = names_in(options["order"], "order", between=",") if "order" in options else ()
    if kind == "iceberg":
        place, _, named = rest.removeprefix("//").partition("/")
        table = names_in(named, "table") if named else ()
    elif kind == "postgresql":
        place = _server(rest)
    else:
        place = rest.removeprefix("//") if rest.startswith("///") else rest
        if place.startswith("//"):
            raise UsageError(f"'{scheme}://' is followed by no path.", f"Write {scheme}:FOLDER or {scheme}:///FOLDER.")
    if not place:
        raise UsageError(f"'{drop}' names nothing to read.", _HINTS[kind])
    if kind != "delta" and not table:
        shown = _without_user(place) if kind == "postgresql" else f"{scheme}:{place}"
        raise UsageError(f"'{shown}' names no table.", _HINTS[kind])
    pinned = options.get("version") or options.get("snapshot")
    if pinned is not None and not (pinned.isascii() and pinned.isdigit()):
        raise UsageError(f"'{pinned}' is no version: it is a whole number.", _HINTS[kind])
    return TableUrl(kind, place, table, order, pinned)


_HINTS: Final[dict[TableKind, str]] = {
    "delta": "Write delta:FOLDER, or delta:FOLDER?version=3.",
    "iceberg": "Write iceberg://CATALOG/namespace.table, or behind it ?snapshot=ID.",
    "duckdb": "Write duckdb:FILE?table=NAME.",
    "postgresql": "Write postgresql://user@host/database?table=schema.name.",
}


def names_in(text: str, what: str, between: str = ".") -> tuple[str, ...]:
    """Take a name apart: ``schema.table`` into its parts, or several names with commas.

    A part in double quotes may hold anything, also a quote that is doubled. Raises `UsageError` when it is no name.
    """
    parts, at = [], 0
    while True:
        found = _PART.match(text, at)
        if found is None:
            raise UsageError(
                f"'{text}' is no name for {what}=.",
                "Write schema.table, or columns with commas; in double quotes a name may hold anything.",
            )
        part = found[0]
        parts.append(part[1:-1].replace('""', '"') if part.startswith('"') else part)
        at = found.end()
        if at == len(text):
            return tuple(parts)
        if text[at] != between:
            raise UsageError(f"'{text}' is no name for {what}=.", f"Write names with '{between}' between them.")
        at += 1


def written(names: tuple[str, ...]) -> str:
    """Write the parts of a name as people would: in quotes only where they are needed."""
    return ".".join(name if _PLAIN.fullmatch(name) else quoted(name) for name in names)


def quoted(name: str) -> str:
    """An identifier of SQL. Whatever is in it is a name, and never a statement."""
    return '"' + name.replace('"', '""') + '"'


def _taken_apart(rest: str, kind: TableKind) -> tuple[str, dict[str, str]]:
    """Take what is behind ``?`` off. In a path ``?`` may be a letter: then no ``key=`` follows it."""
    found = _QUERY.search(rest)
    before, query = (rest, "") if found is None else (rest[: found.start()], rest[found.end() :])
    options: dict[str, str] = {}
    for part in filter(None, query.split("&")):
        key, _, value = part.partition("=")
        if key not in _OPTIONS[kind]:
            if key == "password":
                raise _password()
            raise UsageError(f"'{key}=' is nothing that a table's URL says.", did_you_mean(key, _OPTIONS[kind]))
        options[key] = unquote(value)
    return before, options


def _escaped(name: str) -> str:
    return name.replace("%", "%25").replace("&", "%26")


def _server(rest: str) -> str:
    """Check what follows ``postgresql:``. The URL that is made of it holds no password."""
    try:
        parts = urlsplit(f"postgresql:{rest}")
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise UsageError("The URL of the database is none.", _HINTS["postgresql"]) from error
    if parts.password is not None:
        raise _password()
    if not host or parts.path in ("", "/"):
        raise UsageError("The URL of the database names no host, or no database.", _HINTS["postgresql"])
    user = f"{parts.username}@" if parts.username else ""
    shown = f"[{host}]" if ":" in host else host
    return f"postgresql://{user}{shown}{f':{port}' if port else ''}{parts.path}"


def _password() -> UsageError:
    return UsageError(
        "A password in a postgresql:// URL stays in the shell's history.", "Put it into ~/.pgpass or PGPASSWORD."
    )


def _without_user(place: str) -> str:
    scheme, _, rest = place.partition("://")
    return f"{scheme}://{rest.rpartition('@')[2]}"

"""The registries' XML: ``<list …><ac val='416'><ph val='1234567'/>``, well-formed or not, nested or not.

Canada's published sample closes its root at once, so that what follows is outside of any root, and an XML parser
refuses it. This reads tags one after the other instead. Nothing is expanded or fetched: a file that declares
entities is refused. Numbers may lack leading zeros and are padded to seven digits.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import polars as pl

from schemas.contact.blank import trimmed
from schemas.errors import ListError
from suppression.formats.area_codes import codes_in_name, refuse_others
from suppression.formats.blocks import Block, refuse
from suppression.formats.format import Format
from suppression.formats.members import Member
from suppression.formats.options import Options
from suppression.formats.sample import Sample
from suppression.formats.text import Recoder, text_chunks

_LONGEST_TAG: Final = 1 << 20
_KNOWN: Final = ("list", "/list", "ac", "/ac", "ph", "/ph", "?xml", "!doctype", "!--")
_NAME: Final = r"^([/?!]?[A-Za-z][A-Za-z0-9:_.-]*|!--|!\[)"
_VAL: Final = r"""\sval\s*=\s*(?:'([^']*)'|"([^"]*)")"""
_PLAIN: Final = r"""^ph\s+val\s*=\s*['"]([0-9]{1,7})['"]\s*/?>\s*$"""
_AREA: Final = r"^[0-9]{3}$"
_TAG_COLUMNS: Final = ("position", "line", "piece", "name", "tag", "val", "after", "before", "area")
_ATTRIBUTE: Final = re.compile(r"""([a-z]+)\s*=\s*(?:'([^']*)'|"([^"]*)")""", re.IGNORECASE)
_ROOT: Final = re.compile(r"<list\b[^<>]*>", re.IGNORECASE)
_NUMBER: Final = re.compile(r"<ph\s[^<>]*\bval\s*=", re.IGNORECASE)


@dataclass
class _State:
    """What the next piece of a file must know of those before."""

    line: int = 1
    area: str = ""
    listed_area: str | None = None
    last: str = ""
    covers: set[str] = field(default_factory=set)
    recoder: Recoder = field(default_factory=Recoder)


def read_registry_xml(member: Member, _options: Options) -> Iterator[Block]:
    """Yield ten-digit texts.

    Raises `ListError` when an element has another name, the list is not a full one, or it declares entities.
    """
    named = codes_in_name(member)
    state = _State(covers=set(named))
    rest = b""
    for chunk in text_chunks(member.stream):
        piece = rest + chunk
        cut = piece.rfind(b"<")
        if cut <= 0:
            rest = piece
            if len(rest) > _LONGEST_TAG:
                raise ListError(f"Suppression list '{member.name}' is not XML.", f"Look at line {state.line:,}.")
            continue
        rest = piece[cut:]
        yield _block(piece[:cut], member, named, state)
    if rest.strip():
        yield _block(rest, member, named, state)


def _block(piece: bytes, member: Member, named: frozenset[str], state: _State) -> Block:
    """Read whole tags, each with the text up to the next."""
    pieces = _pieces(state.recoder.utf8(piece).decode(), state)
    # Nearly every piece is a plain number; only the others are taken apart.
    tags = _taken_apart(pieces.filter(pl.col("plain").is_null()))
    _refuse_strangers(tags, member)
    for attributes in tags.filter(pl.col("name") == "list").get_column("tag"):
        _read_root(str(attributes), member, state)
    # A closing tag ends its area code, except where nothing is between: then the file is not nested.
    follows = (pl.col("position") - pl.col("position").shift(1, fill_value=0)) == 1
    opened_before = ((pl.col("name").shift(1, fill_value=state.last) == "ac") & follows).fill_null(value=False)
    area = (
        pl.when(pl.col("name") == "ac")
        .then(pl.coalesce("val", pl.lit(state.listed_area, dtype=pl.String), pl.lit("")))
        .when((pl.col("name") == "list") | ((pl.col("name") == "/ac") & ~opened_before))
        .then(pl.lit(state.listed_area or ""))
    )
    tags = tags.with_columns(area.forward_fill().fill_null(state.area).alias("area"))
    areas = tags.filter((pl.col("name") == "ac") & pl.col("area").str.contains(_AREA)).get_column("area")
    state.covers.update(areas)
    plain = pieces.filter(pl.col("plain").is_not_null()).select("position", "line", "piece", val="plain")
    plain = plain.join_asof(tags.select("position", "area"), on="position").with_columns(
        pl.col("area").fill_null(state.area)
    )
    if tags.height:
        state.area = tags.item(-1, "area")
    if pieces.height:
        ended_plain = pieces.item(-1, "plain") is not None
        state.last = "ph" if ended_plain or not tags.height else tags.item(-1, "name") or ""
    plain = plain.with_columns(name=pl.lit("ph"), tag=pl.lit(""), after=pl.lit(""), before=pl.lit(False))
    frame, refused = _numbers(pl.concat([plain.select(_TAG_COLUMNS), tags.select(_TAG_COLUMNS)]).sort("position"))
    found = frozenset(areas) | frozenset(frame.get_column("text").str.slice(0, 3).unique())
    refuse_others(member, named, found)
    if state.listed_area is not None:
        refuse_others(member, frozenset({state.listed_area}), found)
    return Block(frame, "phone", north_american=True, covers=frozenset(state.covers), refused=refused)


def _pieces(text: str, state: _State) -> pl.DataFrame:
    """Split at each ``<`` into rows ``position``, ``piece``, ``line`` and ``plain``: the digits of a plain number."""
    frame = pl.Series("piece", [text], dtype=pl.String).str.split("<").explode().to_frame()
    breaks = pl.col("piece").str.count_matches("\n", literal=True).cast(pl.Int64)
    frame = frame.with_columns(
        pl.int_range(pl.len(), dtype=pl.Int64).alias("position"),
        (pl.lit(state.line) + breaks.cum_sum().shift(1, fill_value=0)).alias("line"),
        pl.col("piece").str.extract(_PLAIN).alias("plain"),
    )
    state.line += text.count("\n")
    return frame.filter((pl.col("position") > 0) | (trimmed(pl.col("piece")) != ""))


def _taken_apart(pieces: pl.DataFrame) -> pl.DataFrame:
    """Add ``name`` (lower case), ``tag``, ``val`` and the text ``after``; ``before`` is text before the first tag."""
    before = pl.col("position") == 0
    piece = pl.col("piece")
    return (
        pieces.with_columns(before.alias("before"))
        .with_columns(
            pl.when(~before).then(piece.str.extract(_NAME).str.to_lowercase()).alias("name"),
            pl.when(before).then(pl.lit("")).otherwise(piece.str.extract(r"^([^>]*)>")).alias("tag"),
            pl.when(before).then(piece).otherwise(piece.str.extract(r"^[^>]*>((?s).*)$")).alias("after"),
        )
        .with_columns(
            trimmed(pl.coalesce(pl.col("tag").str.extract(_VAL, 1), pl.col("tag").str.extract(_VAL, 2))).alias("val"),
            trimmed(pl.col("after")).alias("after"),
        )
    )


def _refuse_strangers(tags: pl.DataFrame, member: Member) -> None:
    """Stop at what is not this markup: an unknown element may mean that its numbers were deleted."""
    strange = tags.filter(~pl.col("before") & pl.col("name").is_not_null() & ~pl.col("name").is_in(_KNOWN))
    entities = tags.filter((pl.col("name") == "!doctype") & pl.col("piece").str.contains(r"\[|(?i)system|(?i)public"))
    # A comment that is not closed before the next tag has tags in it, and they would be read.
    comments = tags.filter((pl.col("name") == "!--") & ~pl.col("piece").str.contains("-->", literal=True))
    for rows, what in (
        (entities, "entities or a DTD"),
        (strange, "an unknown element"),
        (comments, "tags in a comment"),
    ):
        if rows.height:
            shown = str(rows.item(0, "name"))
            raise ListError(
                f"Suppression list '{member.name}' has {what} ('<{shown}') at line {rows.item(0, 'line'):,}.",
                "Known are list, ac and ph, each with val.",
            )


def _read_root(tag: str, member: Member, state: _State) -> None:
    found = {name.lower(): (single or double).strip() for name, single, double in _ATTRIBUTE.findall(tag)}
    if found.get("type", "full").lower() != "full":
        raise ListError(
            f"Suppression list '{member.name}' is of type '{found['type']}', not a full list.",
            "The markup of change files is not published: download the full list.",
        )
    state.listed_area = found["val"] if re.fullmatch(r"[0-9]{3}", found.get("val", "")) else None
    if state.listed_area is not None:
        state.covers.add(state.listed_area)


def _numbers(tags: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Part the tags into entries and what is refused; structure is neither."""
    ph = pl.col("name") == "ph"
    number = pl.col("val").str.contains(r"^[0-9]{1,7}$")
    area = pl.col("area").str.contains(_AREA)
    sound = (ph & number & area).fill_null(False)
    entries = tags.filter(sound).select(
        pl.concat_str("area", pl.col("val").str.pad_start(7, "0")).alias("text"), pl.col("line").cast(pl.Int64)
    )
    cut_off = pl.col("tag").is_null()
    why = (
        pl.when(cut_off)
        .then(pl.lit("a tag that is not closed"))
        .when(pl.col("name").is_null() & ~pl.col("before"))
        .then(pl.lit("not a tag"))
        .when(ph & ~number.fill_null(False))
        .then(pl.lit("not a number of at most seven digits"))
        .when(ph & ~area)
        .then(pl.lit("no area code before it"))
        .when((pl.col("name") == "ac") & ~area)
        .then(pl.lit("not an area code"))
    )
    comment = (pl.col("name") == "!--").fill_null(False)
    faults = tags.filter(~sound & ~comment).with_columns(why.alias("why"), pl.col("piece").alias("text"))
    loose = tags.filter((pl.col("after") != "") & ~comment).with_columns(pl.col("after").alias("text"))
    refused = pl.concat(
        [
            refuse(faults.filter(pl.col("why").is_not_null()), pl.col("why")),
            refuse(loose, "text between the tags"),
        ]
    )
    return entries, refused.sort("line", maintain_order=True)


def _is_registry(sample: Sample) -> bool:
    return _ROOT.search(sample.text) is not None or _NUMBER.search(sample.text) is not None


def _is_canadian(sample: Sample) -> bool:
    root = _ROOT.search(sample.text)
    return root is not None and root[0].rstrip(">").rstrip().endswith("/")


CANADA_XML: Final = Format(
    "canada-xml",
    "Canadian National DNCL, XML, whose root is closed at once",
    "documented",
    "CRTC, National DNCL: description of list files",
    _is_canadian,
    read_registry_xml,
)
FTC_XML: Final = Format(
    "ftc-xml",
    "US National Do Not Call Registry, XML, nested or not",
    "documented",
    "FTC, Q&A for Telemarketers and Sellers: XML tagged file; sample from the registry's help pages",
    _is_registry,
    read_registry_xml,
)

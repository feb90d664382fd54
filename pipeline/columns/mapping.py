"""Which source column is which field of a lead: a layout's word first, then the register of header names."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import polars as pl

from pipeline.columns.address_columns import other_address
from pipeline.columns.cells import InCellPart, field_cells
from pipeline.columns.contact_values import SAMPLE_ROWS, sure_kind
from pipeline.columns.mapping_draft import Draft
from schemas.columns import CODE_FIELDS, DAYS, EMAIL_SLOTS, INSTANTS, PHONE_SLOTS
from schemas.contact.blank import BLANKS
from schemas.contact.calling_codes import begins_dialled, dialled_codes, only_calling_codes
from schemas.contact.countries import names_country, only_countries, read_countries
from schemas.errors import DropError
from schemas.files.table import Table, first_rows
from schemas.frame_columns import SOURCE
from schemas.headers import HeaderMatch, fold_header, match_header, phone_of_code, phone_rank, phone_words
from schemas.layout import Layout
from schemas.masking import mask
from schemas.refusals import REFUSAL_FIELDS, RefusalColumn, refusal_column
from schemas.support.names import did_you_mean

#: Headers that name an email, or where letters go.
_MAIL = {"mail", "mails", "mail address", "mailaddress"}
#: Cells of a column that are looked at before the others.
_FEW = 10
#: Words of a header that may be about calling codes, or about area codes and much else.
_MAY_BE_CODES = {"prefix", "prefijo", "prefisso", "prefixo", "vorwahl", "indicatif", "landnummer", "ddi", "idd"}
#: And whose code it is, where it only says so.
_WHOSE_CODE = {"country", "mobile", "cell", "phone", "tel", "intl", "contact"}
#: Words of a header that make it one of types.
_TYPE_WORDS = ("type", "label", "kind", "typ", "tipo")


@dataclass(frozen=True)
class Mapping:
    """Field of a lead -> source column. ``doubts`` are sentences for a person; nothing in them was mapped.

    ``withheld`` columns hold phones or emails beyond the fourth: unscreened, so no clean row may carry them. ``parts``
    are fields that are only a part of their column's cells. ``why`` says of each field what its mapping rests on.
    ``read_before``: the cells are an earlier result's, and all of them can be read. ``refusals`` are columns in which
    the file itself says who must not be contacted; ``types`` those with the type of a phone slot's number. Both stay in
    extra.
    """

    fields: dict[str, str]
    fax: frozenset[str]
    unmapped: tuple[str, ...]
    withheld: tuple[str, ...]
    doubts: tuple[str, ...]
    layout: Layout = field(default_factory=Layout)
    parts: dict[str, InCellPart] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    read_before: bool = False
    refusals: dict[str, RefusalColumn] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)

    @property
    def extra(self) -> tuple[str, ...]:
        """Columns that ``extra`` carries: the unmapped, and those whose cells may hold what could not be read."""
        may_fail = () if self.read_before else (*INSTANTS, *DAYS, *CODE_FIELDS, "is_business")
        kept = {self.fields[name] for name in may_fail if name in self.fields}
        return tuple(name for name in self.unmapped) + tuple(sorted(kept))

    def cells(self, name: str, frame: pl.DataFrame) -> pl.Series:
        """Cells of a field in a raw batch: its part of the column's, without what the layout says is none of it."""
        return field_cells(frame, self.fields[name], self.layout, self.parts.get(name))


@dataclass
class _Head:
    """The first rows of a table, read when they are asked for."""

    table: Table
    region: str | None

    @cached_property
    def frame(self) -> pl.DataFrame:
        return first_rows(self.table)

    def cells(self, column: str) -> pl.Series:
        """The filled cells of a column, trimmed."""
        return BLANKS.cleaned(self.frame.get_column(SOURCE + column).head(SAMPLE_ROWS)).drop_nulls()

    def begins(self, column: str, judge: Callable[[str], bool]) -> bool:
        """Whether most of the first few filled cells fit, or there are none. Cheap: nearly no column gets further."""
        few = [text for text in self.frame.get_column(SOURCE + column).head(_FEW).to_list() if text and text.strip()]
        return 2 * sum(map(judge, few)) >= len(few)

    def kind(self, column: str) -> str | None:
        """``phone`` or ``email``, where its values leave no doubt."""
        return sure_kind(self.frame.get_column(SOURCE + column), self.region)


def map_columns(
    table: Table, layout: Layout, region: str | None = None, *, by_post: bool = False, checked: bool = True
) -> Mapping:
    """Decide the mapping of one table. ``region``: that of its national numbers.

    `DropError`, if ``checked``, when no column holds a phone or an email (by post: an address).
    """
    columns, path = table.columns, table.place
    draft, head = Draft(columns, layout), _Head(table, region)
    _declared(draft, path)
    taken = {*draft.fields.values(), *draft.faxes, *draft.refusals, *layout.ignore}
    named = {fold_header(alias): name for alias, name in layout.aliases.items()}
    for column in _in_order(columns, named):
        if column in taken:
            continue
        if (name := named.get(fold_header(column))) is not None:
            draft.claim(name, column, "the layout's alias")
        elif not table.has_header and column not in layout.column_names:
            # A column without a name: only its values say what it is.
            if (name := head.kind(column)) is not None:
                draft.claim(name, column, "its values")
        elif (match := match_header(column)) is not None:
            _by_header(draft, head, column, match)
        elif (says := refusal_column(column)) is not None and (table.has_header or layout.column_names):
            draft.refuse(column, says, "its header says so")
    for name in other_address(draft.fields, columns, layout.columns):
        column = draft.fields.pop(name)
        draft.doubts.append(
            f"column '{column}' is of another address than the first; map it to {name} with --layout if it is not"
        )
    # Faxes take what the phones leave free.
    placed = {column: draft.place("phone", column, draft.why.pop(column, "")) for column in draft.faxes}
    draft.withheld += [column for column, slot in placed.items() if slot is None]
    _codes_by_values(draft, head)
    _place_codes(draft)
    draft.doubts += [*_unread_countries(draft, head), *_unclaimed_countries(draft, head)]
    if checked:
        _check_found(draft, table, path, by_post=by_post)
    draft.doubts += [
        f"column '{column}' is a fifth contact point of its kind: it is not screened, and left out of clean"
        for column in draft.withheld
    ]
    used = {*draft.fields.values(), *draft.withheld}
    return Mapping(
        draft.fields,
        frozenset(slot for slot in placed.values() if slot is not None),
        tuple(column for column in columns if column not in used),
        tuple(draft.withheld),
        tuple(draft.doubts),
        layout,
        draft.parts,
        draft.why,
        refusals=draft.refusals,
        types=_types(draft.fields, columns),
    )


def _types(fields: dict[str, str], columns: tuple[str, ...]) -> dict[str, str]:
    """Columns with the type of a phone, by slot: ``Phone 1 - Type`` beside ``Phone 1 - Value``."""
    of_header = {frozenset(fold_header(column).split()): column for column in columns}
    found = {}
    for slot in PHONE_SLOTS:
        words = frozenset(fold_header(fields.get(slot, "")).split()) - {"value", "number"}
        named = (of_header.get(words | {kind}) for kind in _TYPE_WORDS) if words else ()
        column = next((name for name in named if name is not None and name not in fields.values()), None)
        if column is not None:
            found[slot] = column
    return found


def _declared(draft: Draft, path: str) -> None:
    """Take over what the layout maps. Raises `DropError` when a column of it is not there."""
    for name, column in draft.layout.columns.items():
        if column not in draft.columns:
            raise DropError(
                f"'{path}' has no column '{column}', which the layout maps to {name}.",
                did_you_mean(column, draft.columns),
            )
        if name not in {"fax", *REFUSAL_FIELDS} and column not in draft.layout.in_cell:
            draft.fields[name] = column
            draft.why[name] = "the layout's word"
        else:
            draft.claim(name, column, "the layout's word")


def _in_order(columns: tuple[str, ...], named: dict[str, str]) -> tuple[str, ...]:
    """Return the columns as they come; where there are more phones than places, those that reach a person first."""
    phones = [column for column in columns if (match := match_header(column)) and match.sure and match.field == "phone"]
    if len(phones) <= len(PHONE_SLOTS):
        return columns
    return tuple(sorted(columns, key=lambda column: -1 if fold_header(column) in named else phone_rank(column)))


def _by_header(draft: Draft, head: _Head, column: str, match: HeaderMatch) -> None:
    """Map a column by its name; what its name leaves open, its values may settle."""
    if match.sure and match.field == "country" and only_calling_codes(head.cells(column)):
        draft.claim("phone_code", column, "its values are calling codes")
    elif match.field == "email" and fold_header(column) in _MAIL and not head.cells(column).str.contains("@").any():
        if fold_header(column).endswith("address"):
            draft.claim("address_1", column, "says mail address, and holds no email")
    elif match.sure:
        draft.claim(match.field, column, match.why)
    elif match.by_values and head.kind(column) == match.field:
        draft.claim(match.field, column, f"{match.why}; its values are")
    else:
        draft.doubts.append(f"column '{column}' may hold {match.field} ({match.why}); map it with --layout if it does")


def _codes_by_values(draft: Draft, head: _Head) -> None:
    """Take a column that nobody claims and whose values are dialled as calling codes are (``+44``) for one of them."""
    if draft.codes or not _has_phones(draft):
        return
    for column in _unclaimed(draft):
        if head.begins(column, begins_dialled) and dialled_codes(head.cells(column)):
            draft.claim("phone_code", column, "its values are calling codes")
            return
        words = set(fold_header(column).split())
        named = words & _MAY_BE_CODES or ("code" in words and words & _WHOSE_CODE)
        if named and only_calling_codes(head.cells(column)):
            draft.doubts.append(
                f"column '{column}' may hold the phones' calling codes; map it to phone_code with --layout if it does"
            )


def _unclaimed_countries(draft: Draft, head: _Head) -> list[str]:
    """Sentences about columns that nobody claims, whose values are countries other than that of the run."""
    if "country" in draft.fields or not _has_phones(draft):
        return []
    return [
        f"column '{column}' is not mapped, but its values look like countries: numbers are not read by it; map it to "
        "country with --layout if they are"
        for column in _unclaimed(draft)
        if head.begins(column, names_country)
        and only_countries(cells := head.cells(column))
        and not read_countries(cells)
        .select((pl.col("region") == pl.lit(head.region, pl.String)).fill_null(False).all())
        .item()
    ]


def _has_phones(draft: Draft) -> bool:
    return any(slot in draft.fields for slot in PHONE_SLOTS)


def _unclaimed(draft: Draft) -> list[str]:
    taken = {*draft.fields.values(), *draft.faxes, *draft.withheld, *draft.refusals, *draft.codes, *draft.layout.ignore}
    return [column for column in draft.columns if column not in taken]


def _place_codes(draft: Draft) -> None:
    """Give each column of calling codes to the phone that its header names, else to the first."""
    slots = {phone_words(draft.fields[slot]): slot for slot in reversed(PHONE_SLOTS) if slot in draft.fields}
    fields = {slot: field for field, slot in CODE_FIELDS.items()}
    for column, why in draft.codes.items():
        named = phone_of_code(column)
        slot = slots.get(named) or slots.get(named - {"phone"}) or slots.get(named | {"phone"})
        if slot is None and "fax" in named:
            continue
        if (name := fields[slot or "phone"]) in draft.fields:
            draft.doubts.append(f"column '{column}' also means {name} and is left in extra")
        else:
            draft.fields[name], draft.why[name] = column, why


def _unread_countries(draft: Draft, head: _Head) -> list[str]:
    """Sentences about words of the country column that name no country."""
    if "country" not in draft.fields or not _has_phones(draft):
        return []
    column = draft.fields["country"]
    words = head.cells(column).unique(maintain_order=True)
    unread = words.filter(read_countries(words).get_column("unread"))
    if unread.is_empty():
        return []
    return [
        f"column '{column}' has words that name no country ({len(unread)} of {len(words)} in the first rows, such as "
        f"'{mask(unread[0])}'): the numbers beside them are set aside for review"
    ]


def _check_found(draft: Draft, table: Table, path: str, *, by_post: bool) -> None:
    """Check that the fields which must be there are. Raises `DropError` when one is not."""
    missing = [name for name in draft.layout.required if name not in draft.fields]
    if missing:
        raise DropError(
            f"'{path}' has no column for {', '.join(missing)}, which the layout requires.",
            f"Its columns: {_shown(table.columns)}.",
        )
    contacts = (*PHONE_SLOTS, *EMAIL_SLOTS, *(["address_1"] if by_post else []))
    if any(name in draft.fields for name in contacts):
        return
    if not table.has_header:
        raise DropError(
            f"'{path}' has no header line, and no column in it certainly holds phones or emails.",
            "Name the columns in a layout: column_names = [...] (--layout).",
        )
    raise DropError(
        f"'{path}' has no column that certainly holds a phone or an email. Its columns: {_shown(table.columns)}.",
        " ".join(
            [*(doubt + "." for doubt in draft.doubts[:1]), 'Name it in a layout: [columns] phone = "..." (--layout).']
        ),
    )


def _shown(columns: tuple[str, ...]) -> str:
    return ", ".join(columns[:12]) + (", …" if len(columns) > 12 else "")

"""Layouts as data contracts, and back: Open Data Contract Standard (ODCS), versions 3.0 to 3.2, by Bitol.

A contract says of each column what it is called. Which field of a lead it is, and how the file is written, are custom
properties of ours (``leadscrub.…``), so that a layout comes back as it was; in a contract of somebody else's the names
of its columns say which fields they are, as a drop's do.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from schemas.columns import DAYS, INSTANTS
from schemas.headers import match_header
from schemas.layout import MAPPABLE, Layout
from schemas.support.figures import counted
from schemas.support.names import did_you_mean
from schemas.support.shown import shown
from schemas.support.yamls import YamlFile, read_yaml, yaml_text

#: Endings of a contract's file.
SUFFIXES: Final = (".yaml", ".yml")
_VERSION: Final = "v3.0.2"
_OURS: Final = "leadscrub."
_FIELD: Final = f"{_OURS}field"
#: What tells that a layout was written: then names of columns say nothing besides.
_MARK: Final = f"{_OURS}layout"
#: What a date's format consists of: strptime's letters, and those of the JDK, in which contracts write it.
_LETTERS: Final = {
    "%Y": "yyyy", "%y": "yy", "%m": "MM", "%d": "dd", "%H": "HH", "%I": "hh", "%M": "mm", "%S": "ss", "%p": "a",
    "%b": "MMM", "%B": "MMMM", "%z": "xx",
}  # fmt: skip
_DATES: Final = (*INSTANTS, *DAYS)
#: Keys of a property that ask something of its cells, which no scrub answers.
_NOT_ASKED: Final = ("unique", "primaryKey", "quality", "enum")


class _Model(BaseModel):
    model_config = ConfigDict(defer_build=True, extra="ignore", frozen=True)


class _Custom(_Model):
    property: str
    value: Any


class _Property(_Model):
    name: str = Field(min_length=1)
    physicalName: str | None = None  # noqa: N815  # the standard's name, as below
    logicalType: str | None = None  # noqa: N815
    logicalTypeOptions: dict[str, Any] = {}  # noqa: N815
    required: bool = False
    customProperties: list[_Custom] = []  # noqa: N815

    @property
    def column(self) -> str:
        """What the file calls it."""
        return self.physicalName or self.name


class _Object(_Model):
    name: str
    properties: list[_Property] = []
    customProperties: list[_Custom] = []  # noqa: N815


class _Contract(_Model):
    apiVersion: str = Field(pattern=r"^v3\.")  # noqa: N815
    kind: str = Field(pattern="^DataContract$")
    objects: list[_Object] = Field(alias="schema", min_length=1)


def contract_text(layout: Layout, name: str, unmapped: tuple[str, ...] = ()) -> str:
    """Return the YAML of a layout. ``unmapped``: columns that are no field."""
    kept = layout.model_dump(mode="json", exclude_defaults=True, exclude={"columns"})
    fields: dict[str, list[str]] = {}
    for field, column in layout.columns.items():
        fields.setdefault(column, []).append(field)
    further = [*layout.column_names, *(each.name for each in layout.fields), *layout.aliases, *layout.ignore, *unmapped]
    further += [*layout.in_cell, *layout.prefixes]
    columns = dict.fromkeys([*fields, *further])
    document: dict[str, Any] = {
        "apiVersion": _VERSION,
        "kind": "DataContract",
        "id": f"leadscrub-layout-{name}",
        "name": name,
        "version": "1.0.0",
        "status": "draft",
    }
    drop: dict[str, Any] = {"name": name, "logicalType": "object", "physicalType": "file"}
    drop["properties"] = [_property(column, fields.get(column, []), layout) for column in columns]
    settings = {_MARK: name} | {f"{_OURS}{key}": value for key, value in kept.items()}
    drop["customProperties"] = [{"property": key, "value": value} for key, value in settings.items()]
    document["schema"] = [drop]
    return yaml_text(document)


def _property(column: str, fields: list[str], layout: Layout) -> dict[str, Any]:
    made: dict[str, Any] = {"name": column, "physicalName": column, "logicalType": "string"}
    formats = {layout.dates.get(name) for name in fields if name in _DATES}
    form = formats.pop() if len(formats) == 1 else None
    # Only what means the same when it is read back: a contract may be edited, and then these words count.
    if form is not None and (java := _java(form)) is not None and _strptime(java) == form:
        made |= {"logicalType": "date", "logicalTypeOptions": {"format": java}}
    if fields and all(field in layout.required for field in fields):
        made["required"] = True
    if fields:
        made["customProperties"] = [{"property": _FIELD, "value": fields[0] if len(fields) == 1 else fields}]
    return made


def read_contract(path: Path, faults: list[str], notes: list[str]) -> Layout | None:
    """Read a contract as a layout. Its faults are appended to ``faults``, to ``notes`` what it asks in vain."""
    found = read_yaml(path, faults)
    drop = None if found is None else _object(found, faults)
    if found is None or drop is None:
        return None
    notes += _not_answered(path, found.values)
    settings = _settings(drop, found, faults)
    base = None if settings is None else _layout(settings, path, faults)
    return None if base is None else _layout(_with_columns(base, drop, path, notes), path, faults)


def _layout(values: dict[str, Any], path: Path, faults: list[str]) -> Layout | None:
    try:
        return Layout.model_validate(values)
    except ValidationError as error:
        all_of = error.errors(include_url=False)
        faults += [f"{path}: {'.'.join(map(str, one['loc']))}: {_words(one)}" for one in all_of]
        return None


def _object(found: YamlFile, faults: list[str]) -> _Object | None:
    """The one object of a contract; what it is not is appended to ``faults``."""
    if not isinstance(found.values, dict):
        faults.append(f"{found.path}: no data contract: it has no apiVersion, kind and schema")
        return None
    try:
        contract = _Contract.model_validate(found.values)
    except ValidationError as error:
        faults += _messages(error, found)
        return None
    if len(contract.objects) > 1:
        names = ", ".join(shown(each.name) for each in contract.objects)
        faults.append(f"{found.where(['schema'])}: schema has {len(contract.objects)} objects ({names}): leave one")
        return None
    return contract.objects[0]


def _settings(drop: _Object, found: YamlFile, faults: list[str]) -> dict[str, Any] | None:
    """The keys of a layout that are said as custom properties of ours."""
    values: dict[str, Any] = {}
    wrong = len(faults)
    for number, custom in enumerate(drop.customProperties):
        key = custom.property.removeprefix(_OURS)
        if not custom.property.startswith(_OURS) or custom.property == _MARK:
            continue
        if key not in Layout.model_fields:
            at = found.where(["schema", "0", "customProperties", str(number)])
            faults.append(f"{at}: unknown property. {did_you_mean(key, Layout.model_fields)}")
        values[key] = custom.value
    return values if len(faults) == wrong else None


def _with_columns(base: Layout, drop: _Object, path: Path, notes: list[str]) -> dict[str, Any]:
    """The keys of a layout, with what the columns say of themselves.

    In a contract that was made of a layout, names of columns say nothing: they had a field where they were given one.
    """
    columns, aliases = dict(base.columns), dict(base.aliases)
    required, dates = list(base.required), dict(base.dates)
    ours = any(custom.property == _MARK for custom in drop.customProperties)
    for each in drop.properties:
        said = _fields_of(each)
        if said is not None:
            columns |= dict.fromkeys(said, each.column)
        elif ours:
            said = []
        elif each.name in MAPPABLE and each.column not in aliases:
            said = [each.name]
            if each.required:
                columns.setdefault(each.name, each.column)
            else:
                aliases[each.column] = each.name
        else:
            match = match_header(each.column)
            said = [match.field] if match is not None and match.sure else []
        if each.required:
            required += said
            if not said:
                notes.append(
                    f"{path.name}: '{each.column}' is required, and is no field of a lead: it is not asked for"
                )
        dates |= _dates_of(each, said, notes, path)
    kept = base.model_dump(exclude_defaults=True)
    return kept | {"columns": columns, "aliases": aliases, "required": [*dict.fromkeys(required)], "dates": dates}


def _fields_of(each: _Property) -> list[str] | None:
    """Fields of a lead that a property of ours says; None without one."""
    said = next((custom.value for custom in each.customProperties if custom.property == _FIELD), None)
    return None if said is None else [str(name) for name in said] if isinstance(said, list) else [str(said)]


def _dates_of(each: _Property, fields: list[str], notes: list[str], path: Path) -> dict[str, str]:
    """How a date is written, by field."""
    java = each.logicalTypeOptions.get("format")
    wanted = [name for name in fields if name in _DATES]
    if each.logicalType not in ("date", "timestamp") or java is None or not wanted:
        return {}
    form = _strptime(str(java))
    if form is None:
        notes.append(f"{path.name}: the format '{java}' of '{each.column}' is not read: dates are read as in any drop")
        return {}
    return dict.fromkeys(wanted, form)


def _java(form: str) -> str | None:
    """A strptime format in the JDK's letters; None when it has others."""
    made, rest = "", form
    while rest:
        if rest[0] == "%":
            letters = _LETTERS.get(rest[:2])
            if letters is None:
                return None
            made, rest = made + letters, rest[2:]
        else:
            made += f"'{rest[0]}'" if rest[0].isalpha() else "''" if rest[0] == "'" else rest[0]
            rest = rest[1:]
    return made


def _strptime(java: str) -> str | None:
    """A format in the JDK's letters as strptime has it; None when it has others."""
    letters = {long: short for short, long in _LETTERS.items()} | {"M": "%m", "d": "%d", "H": "%H", "h": "%I"}
    made, at = "", 0
    while at < len(java):
        letter = java[at]
        if letter == "'":
            end = java.find("'", at + 1)
            if end < 0:
                return None
            made += (java[at + 1 : end] or "'").replace("%", "%%")
            at = end + 1
        elif letter.isalpha():
            end = at
            while end < len(java) and java[end] == letter:
                end += 1
            short = letters.get(java[at:end])
            if short is None:
                return None
            made, at = made + short, end
        else:
            made, at = made + letter.replace("%", "%%"), at + 1
    return made if "%" in made else None


def _not_answered(path: Path, contract: Any) -> Iterator[str]:
    """What a contract asks of the data and no scrub checks."""
    drop = contract["schema"][0]
    columns = drop.get("properties") or []
    found = {key: sum(bool(each.get(key)) for each in columns) for key in _NOT_ASKED}
    options = [each.get("logicalTypeOptions") or {} for each in columns]
    found["logicalTypeOptions"] = sum(bool(set(each) - {"format"}) for each in options)
    asked = [f"{key} of {counted(count, 'column')}" for key, count in found.items() if count]
    asked += [key for key in ("quality", "relationships") if drop.get(key)]
    asked += ["slaProperties"] if contract.get("slaProperties") else []
    if asked:
        yield f"{path.name}: not checked, since a scrub judges leads and not the file: {', '.join(asked)}"


def _messages(error: ValidationError, found: YamlFile) -> list[str]:
    made = []
    for one in error.errors(include_url=False, include_input=False):
        at = [str(part) for part in one["loc"]]
        made.append(f"{found.where(at)}: {'.'.join(at) or 'the file'}: {_words(one)}")
    return made


def _words(fault: Any) -> str:
    if fault["loc"][-1:] == ("apiVersion",) and fault["type"] == "string_pattern_mismatch":
        return "version 3 of the standard is read"
    return str(fault["msg"]).removeprefix("Value error, ")

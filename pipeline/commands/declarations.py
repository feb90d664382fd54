"""What a scrub says of facts that nobody declared: what their silence costs, and which would matter most, if so."""

from __future__ import annotations

from typing import Any, Final, Literal, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from schemas.evidence import CampaignEvidence, fact_of
from schemas.manifest import Manifest, UsedRules
from schemas.support.figures import counted

#: Rules that a line names before it breaks off, and undeclared facts that have a line of their own.
_NAMED: Final = 4
_IN_WORDS: Final = "in words"
_ONLY_WHAT_IS_SO: Final = (
    "These are upper bounds: an answer can also speak against contact, and then it releases nobody. Declare only "
    "what is so."
)


def declaration_lines(manifest: Manifest) -> list[str]:
    """What to print behind all else of a run: nothing, unless most rows were rejected for want of declarations."""
    found = manifest.rules.declarations
    if found is None or not found.fields or 2 * found.concerned <= manifest.counts.read:
        return []
    lines = [
        f"{found.concerned:,} of {counted(manifest.counts.read, 'row')} rejected for reasons that rest on what nobody "
        "declared."
    ]
    many = {1: "One declaration", 2: "Two declarations", 3: "Three declarations"}.get(
        len(found.fields), f"{len(found.fields)} declarations"
    )
    release = "release most" if len(found.fields) <= 3 else "are all needed before any row is released"
    lines.append(f"{many} that {release}, {counted(found.released, 'row')} at most, if what they say is so:")
    for name in found.fields:
        lines += _fact(name, manifest)
    return [*lines, _ONLY_WHAT_IS_SO]


def undeclared_lines(rules: UsedRules) -> list[str]:
    """What is not declared, with what its silence costs: a line each, the dearest first."""
    dearest = sorted(rules.undeclared.items(), key=lambda item: (-item[1].alone, -item[1].rows, item[0]))
    lines = [
        f"not declared: {name}: at most {counted(each.rows, 'rejected row')} would change, and at most {each.alone:,} "
        f"be released by it alone ({', '.join(each.rules[:_NAMED])}{' …' if len(each.rules) > _NAMED else ''}); "
        "declare only what is so"
        for name, each in dearest[:_NAMED]
    ]
    more = [name for name, _ in dearest[_NAMED:]]
    return [*lines, f"not declared, with less behind: {', '.join(more)}"] if more else lines


def _fact(name: str, manifest: Manifest) -> list[str]:
    """A fact: what it says, what may be declared, where, and what that releases at most."""
    who, _, key = name.partition(" ")
    field = fact_of(name)
    where = f"[evidence] of the {who}'s file"
    if _parts(field) is None:
        said = f"vendor.{key}" if who == "vendor" and key in CampaignEvidence.model_fields else key
        where += f", or --evidence {said}=…"
    alone = manifest.rules.undeclared[name].alone
    return [
        f"  {name}: {field.description} ({_answers(field)})",
        f"    {where}; {counted(alone, 'row')} at most by itself",
    ]


def _parts(field: FieldInfo) -> type[BaseModel] | None:
    kind = field.annotation
    return kind if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _answers(field: FieldInfo) -> str:
    """What may be declared, in words."""
    if (parts := _parts(field)) is not None:
        answers = dict.fromkeys(_words(each.annotation) for each in parts.model_fields.values())
        return f"each of {', '.join(parts.model_fields)}: {'; '.join(answers)}"
    return _words(field.annotation)


def _words(kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(get_args(kind))
    if kind is bool:
        return "true, false"
    inner = [_words(each) for each in get_args(kind) if each is not type(None)]
    words = next((each for each in inner if each), "")
    if get_origin(kind) is list:
        return "some, in words" if words in {"", _IN_WORDS} else f"any of {words}, or none"
    return words or ("" if get_args(kind) else _IN_WORDS)

"""Reads a YAML file as plain values, and remembers on which line each of them is; writes plain values.

Only what JSON has as well is read: no tags of types, no value that refers to another (so a small file stays small), no
key twice.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from schemas.support.shortage import raise_shortage

#: What is larger is no file that a person wrote.
_MOST_BYTES: Final = 4 << 20
#: Values in one another.
_DEEPEST: Final = 50
_PLAIN: Final = {"str": str, "int": int, "float": float}


@dataclass
class YamlFile:
    """Values of a YAML file, with the line of each key and entry: ``a.0.b``."""

    path: Path
    values: Any = None
    lines: dict[str, int] = field(default_factory=dict)

    def where(self, at: list[str]) -> str:
        """``file:line`` of the value, or of the nearest one above it."""
        for length in range(len(at), 0, -1):
            if (line := self.lines.get(".".join(at[:length]))) is not None:
                return f"{self.path}:{line}"
        return str(self.path)


def yaml_text(values: Any) -> str:
    """Write plain values, so that they are read as they were."""
    import yaml  # noqa: PLC0415  # few files are YAML

    class Dumper(yaml.SafeDumper):
        pass

    def text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
        # As it is, what YAML takes for the end of a line is read back as another one.
        ends_line = any(each in value for each in "\x85\u2028\u2029")
        return dumper.represent_scalar("tag:yaml.org,2002:str", value, style='"' if ends_line else None)

    Dumper.add_representer(str, text)
    written: str = yaml.dump(values, Dumper=Dumper, sort_keys=False, allow_unicode=True, width=120)
    return written


class _YamlError(Exception):
    """What is wrong on which line."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line


def read_yaml(path: Path, faults: list[str]) -> YamlFile | None:
    """Parse the file; what is wrong with it is appended to ``faults``."""
    import yaml  # noqa: PLC0415  # few files are YAML

    try:
        if path.stat().st_size > _MOST_BYTES:
            faults.append(f"{path}: larger than {_MOST_BYTES >> 20} MB")
            return None
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise_shortage(error)
        faults.append(f"{path}: cannot be read: {error}")
        return None
    found = YamlFile(path)
    try:
        # An alias is an event of the parser: looked for first, since composing would follow it.
        _check_events(text)
        node = yaml.compose(text, yaml.SafeLoader)
        found.values = None if node is None else _value(node, "", found.lines)
    except yaml.MarkedYAMLError as error:
        line = "" if error.problem_mark is None else f":{error.problem_mark.line + 1}"
        faults.append(f"{path}{line}: not valid YAML: {error.problem or error.context or 'it cannot be read'}")
    except yaml.YAMLError:
        faults.append(f"{path}: not valid YAML: it has characters that YAML does not allow")
    except _YamlError as error:
        faults.append(f"{path}:{error.line}: {error}")
    else:
        return found
    return None


def _check_events(text: str) -> None:
    """Raise `_YamlError` at what is not read, before anything is made of it."""
    import yaml  # noqa: PLC0415

    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        assert event.start_mark is not None  # noqa: S101  # what was read is somewhere
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent):
            raise _YamlError(line, "'*…' refers to another value, which is not read: write the value itself")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
            if depth > _DEEPEST:
                raise _YamlError(line, f"more than {_DEEPEST} values in one another")
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1


def _value(node: Any, at: str, lines: dict[str, int]) -> Any:
    lines.setdefault(at, node.start_mark.line + 1)
    below = f"{at}." if at else ""
    kind = node.tag.rpartition(":")[2]
    if kind == "seq":
        return [_value(each, f"{below}{number}", lines) for number, each in enumerate(node.value)]
    if kind == "map":
        made: dict[str, Any] = {}
        for key, value in node.value:
            line = key.start_mark.line + 1
            if key.id != "scalar":
                raise _YamlError(line, "a key is no text")
            if key.value in made:
                raise _YamlError(line, f"'{key.value}' is there twice")
            lines[below + key.value] = line
            made[key.value] = _value(value, below + key.value, lines)
        return made
    return _scalar(node, kind)


def _scalar(node: Any, kind: str) -> Any:
    if kind == "null":
        return None
    if kind == "bool":
        return node.value.lower() in ("yes", "true", "on")
    try:
        if kind in ("int", "float"):
            return _PLAIN[kind](node.value.replace("_", ""))
    except ValueError:  # YAML has further ways to write numbers
        return str(node.value)
    if kind in ("str", "timestamp"):
        return str(node.value)
    raise _YamlError(node.start_mark.line + 1, f"'{node.tag}' is not read")

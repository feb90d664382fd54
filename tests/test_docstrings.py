"""A public function names every error of ours that it raises itself, as in ``Raises `ListError` when …``."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from schemas import errors
from tests.docs.cli_page import commands
from tests.docs.shell import ROOT

PACKAGES = ("leadscrub", "pipeline", "schemas", "suppression")
ERRORS = {name for name, each in inspect.getmembers(errors, inspect.isclass) if issubclass(each, Exception)}
#: Their docstrings are what `--help` prints.
COMMANDS = {command.callback.__name__ for _, command in commands()}

Function = ast.FunctionDef | ast.AsyncFunctionDef


def public_functions(tree: ast.Module) -> Iterator[Function]:
    """Functions of a module and methods of its public classes."""
    for node in tree.body:
        of_class = node.body if isinstance(node, ast.ClassDef) and not node.name.startswith("_") else [node]
        for each in of_class:
            if isinstance(each, Function) and not each.name.startswith("_"):
                yield each


def raised(function: Function) -> set[str]:
    """Names of the errors that the function itself raises."""
    calls = (node.exc for node in ast.walk(function) if isinstance(node, ast.Raise))
    return {call.func.id for call in calls if isinstance(call, ast.Call) and isinstance(call.func, ast.Name)} & ERRORS


@pytest.mark.parametrize("package", PACKAGES)
def test_errors_that_a_public_function_raises_are_in_its_docstring(package: str) -> None:
    silent = [
        f"{path.relative_to(ROOT)}:{function.lineno} {function.name}: {name}"
        for path in sorted((ROOT / package).rglob("*.py"))
        for function in public_functions(ast.parse(Path(path).read_text(encoding="utf-8")))
        if not (path.parent.name == "cli" and function.name in COMMANDS)
        for name in sorted(raised(function))
        if not re.search(rf"\b[Rr]aises?\b.*`{name}`", ast.get_docstring(function) or "", re.DOTALL)
    ]
    assert silent == []

"""The documentation says what the program does."""

from __future__ import annotations

import re

import pytest
from typer.main import get_command

from pipeline.cli import app
from tests.docs_build import GENERATED, ROOT


@pytest.mark.parametrize("name", GENERATED)
def test_generated_documents_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name](), "run: python -m tests.docs_build"


def test_every_command_and_option_is_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    commands = get_command(app).commands  # type: ignore[attr-defined]  # a Typer app is a group
    for name, command in commands.items():
        assert f"`leadscrub {name} " in readme, name
        for each in getattr(command, "commands", {name: command}).values():
            assert "Example: leadscrub" in each.epilog, each.name
            assert each.name in readme, each.name
    lists = commands["lists"].commands
    named = ("add", "update", "export")
    for command in (commands["scrub"], commands["nightly"], *(lists[name] for name in named)):
        for parameter in command.params:
            for option in (*parameter.opts, *parameter.secondary_opts):
                if option.startswith("--") and option != "--out":
                    assert f"`{option}" in readme, option


def test_every_dependency_has_its_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| dependency | why |") :]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^  ?"([a-z0-9-]+)(?:\[[a-z0-9]+\])?>=', project, flags=re.MULTILINE)
    names += re.findall(r'[\["]([a-z0-9]+)>=', project)
    assert len(set(names)) > 15
    assert [name for name in set(names) if name not in table] == []


def test_the_readme_sample_commands_name_files_that_exist() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for path in re.findall(r"data/sample/[\w./-]+", readme):
        assert (ROOT / path).exists(), path

"""The documentation says what the program does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from pipeline.cli.main import app
from tests.docs_build import GENERATED, ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def anchors(page: Path) -> set[str]:
    """What a link may name behind # in a page: its headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_the_readme_leads_to_every_page() -> None:
    reached = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    assert [page.name for page in PAGES[1:] if f"{page.name})" not in reached] == []


@pytest.mark.parametrize("name", GENERATED)
def test_generated_documents_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name](), "run: python -m tests.docs_build"


def test_every_command_is_in_the_readme_and_every_option_in_it_or_its_page() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    pages = readme + (ROOT / "docs" / "lists.md").read_text(encoding="utf-8")
    pages += (ROOT / "docs" / "law.md").read_text(encoding="utf-8")
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
                    assert f"`{option}" in pages, option


def test_every_dependency_has_its_line_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    table = readme[readme.index("| dependency | why |") :]
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^  ?"([a-z0-9-]+)(?:\[[a-z0-9]+\])?>=', project, flags=re.MULTILINE)
    names += re.findall(r'[\["]([a-z0-9]+)>=', project)
    assert len(set(names)) > 15
    assert [name for name in set(names) if name not in table] == []


def test_sample_commands_name_files_that_exist() -> None:
    for page in PAGES:
        for path in re.findall(r"data/sample/[\w./-]+", page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), path

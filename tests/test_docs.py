"""The documentation says what the program does, and its commands run as they are written."""

from __future__ import annotations

import json
import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from tests.docs.cli_page import commands, example
from tests.docs.demo import without_ids
from tests.docs.examples import PhoneTyped, prepare_examples
from tests.docs.json_table import WITH_JSON, row_of, rows
from tests.docs.shell import PROGRAMS, ROOT, blocks, in_copy, run_line
from tests.docs_build import GENERATED, PARTS, part

PAGES = [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").glob("*.md"))]
NAMES = [str(page.relative_to(ROOT)) for page in PAGES]
#: How many ``console`` blocks a page has: commands that no test runs, as they need a network, a server or many minutes.
NOT_RUN = {
    "CONTRIBUTING.md": 2,
    "README.md": 1,
    "docs/benchmark-ledger.md": 1,
    "docs/benchmark-registry.md": 1,
    "docs/benchmark.md": 1,
    "docs/every-night.md": 1,
    "docs/phones.md": 1,
    "docs/spark.md": 2,
    "docs/tables.md": 1,
    "docs/proof.md": 7,
}
#: Its examples run in a folder of their own: see `test_the_example_of_every_help_runs`.
OWN_FOLDER = {"docs/cli.md"}
#: Made from the titles of rules and of predicates, which the packs word.
PACKS = {"docs/rules.md", "docs/statements.md", "docs/predicates.md"}
STUMBLES = {"stand", "stands", "stood", "lie", "lies", "lain", "anew", "mend", "mended"}
LANGUAGES = {"sh", "console", "toml", "python", "text", "ini"}


class Today(date):
    """The day that the pages speak of, whenever the test runs."""

    @classmethod
    def today(cls) -> Today:
        return cls(2026, 11, 21)


@pytest.fixture(autouse=True)
def _the_day_of_the_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.cli.option_values.date", Today)


def anchors(page: Path) -> set[str]:
    """What a link may name behind # in a page: its headings."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading).strip().lower().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=NAMES)
def test_links_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        linked = (page.parent / path).resolve() if path else page
        assert linked.exists(), target
        assert not anchor or anchor in anchors(linked), target


def test_the_index_leads_to_every_page() -> None:
    index = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = {page.name for page in (ROOT / "docs").glob("*.md")} - {"README.md"}
    assert {name for name in pages if f"({name})" not in index} == set()
    assert "(docs/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_readme_is_short() -> None:
    assert len((ROOT / "README.md").read_text(encoding="utf-8").splitlines()) <= 140


@pytest.mark.parametrize("name", GENERATED)
def test_generated_documents_are_current(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == GENERATED[name](), "run: python -m tests.docs_build"


@pytest.mark.parametrize(("page", "name"), [(page, name) for page, parts in PARTS.items() for name in parts])
def test_generated_parts_are_current(page: str, name: str) -> None:
    assert without_ids(part(page, name)[0]) == without_ids(PARTS[page][name]()), "run: python -m tests.docs_build"


def test_every_dependency_has_its_line() -> None:
    table = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    names = re.findall(r'^  ?"([a-z0-9-]+)(?:\[[a-z0-9]+\])?>=', project, flags=re.MULTILINE)
    names += re.findall(r'[\["]([a-z0-9]+)>=', project)
    assert len(set(names)) > 15
    assert [name for name in set(names) if name not in table] == []


def test_files_of_the_sample_that_pages_name_exist() -> None:
    for page in PAGES:
        for path in re.findall(r"data/sample/[\w./-]+", page.read_text(encoding="utf-8")):
            assert (ROOT / path).exists(), path


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in NAMES if name not in OWN_FOLDER])
def test_the_commands_of_a_page_run_as_they_are_written(name: str, tmp_path: Path) -> None:
    """All ``sh`` blocks of a page, in order, in a copy of the tree; ``# exit N`` behind a line that is to fail.

    Its ``python`` blocks go on where the one before ended, as the cells of a notebook do.
    """
    page, cells = ROOT / name, dict[str, object]()
    with in_copy(tmp_path):
        for block in blocks(page):
            if block.language == "python":
                exec(compile(block.text, name, "exec"), cells)  # noqa: S102  # our own pages
            for line in block.commands if block.language == "sh" else []:
                expected = re.search(r"# exit (\d)", line)
                code, printed = run_line(line)
                assert code == (int(expected[1]) if expected else 0), f"{line}\n{printed}"
        if name == "README.md":
            counts = json.loads(Path("build/out/manifest.json").read_text(encoding="utf-8"))["counts"]
            said = f"{counts['clean']} of {counts['read']} rows are clean"
            assert said in page.read_text(encoding="utf-8"), said


@pytest.mark.parametrize("name", NAMES)
def test_toml_of_a_page_is_toml(name: str) -> None:
    for block in blocks(ROOT / name):
        if block.language == "toml":
            tomllib.loads(block.text)


def test_no_command_of_a_page_escapes_the_tests() -> None:
    """Each is in a block that is run, or in one that is counted here; none is in a block of another kind."""
    not_run = {}
    for name, page in zip(NAMES, PAGES, strict=True):
        found = blocks(page)
        assert {block.language for block in found} <= LANGUAGES, name
        if count := sum(block.language == "console" for block in found):
            not_run[name] = count
        for block in found:
            assert block.commands or block.language not in {"sh", "console"}, (name, block.text)
        generated = "".join(part(name, marked)[0] for marked in PARTS.get(name, ()))
        outside = page.read_text(encoding="utf-8").replace(generated, "")
        for block in found:
            outside = outside.replace(block.text, "")
            if block.language not in {"sh", "console"} and block.text not in generated:
                assert [line for line in block.text.splitlines() if line.startswith(PROGRAMS)] == [], name
        assert [line for line in outside.splitlines() if re.match("    +", line) and _is_command(line)] == [], name
    assert not_run == NOT_RUN


def _is_command(line: str) -> bool:
    return line.strip().startswith(PROGRAMS)


def test_commands_inside_sentences_exist() -> None:
    """`leadscrub lists add` and the options behind it, wherever a page speaks of them."""
    known = dict(commands())
    groups = {name.rsplit(" ", 1)[0] for name in known}
    for page in PAGES:
        if page.name == "CHANGELOG.md":
            continue
        for spoken in re.findall(r"`(leadscrub(?: [a-z-][^`]*)?)`", page.read_text(encoding="utf-8")):
            words = spoken.split()
            name = next((" ".join(words[:n]) for n in (3, 2) if " ".join(words[:n]) in known), None)
            if name is None:
                of_no_command = len(words) == 1 or words[1] == "COMMAND" or words[1].startswith("-")
                assert of_no_command or " ".join(words[:2]) in groups, (page.name, spoken)
                continue
            options = {option for each in known[name].params for option in (*each.opts, *each.secondary_opts)}
            options |= {"--help", "-h"}
            assert {word.strip("[],") for word in words if word.startswith("--")} <= options, (page.name, spoken)


@pytest.mark.parametrize("name", ["ARCHITECTURE.md", "CONTRIBUTING.md"])
def test_modules_and_tests_that_a_page_names_exist(name: str) -> None:
    """A path, or the end of one; behind `::` a test."""
    for spoken in re.findall(r"`([\w/.-]+\.(?:py|toml)(?:::\w+)?)`", (ROOT / name).read_text(encoding="utf-8")):
        path, _, test = spoken.partition("::")
        if re.search("[A-Z]{4}", path):
            path = str(Path(path).parent)  # the recipe says which name to choose
        below = [each for top in ("pipeline", "suppression", "tests") for each in (ROOT / top).rglob(Path(path).name)]
        existing = [each for each in (ROOT / path, *below) if each.exists() and each.as_posix().endswith(path)]
        assert existing, spoken
        assert not test or f"def {test}(" in existing[0].read_text(encoding="utf-8"), spoken


def test_every_command_with_json_has_its_row() -> None:
    assert sorted(rows()) == sorted(WITH_JSON)


@pytest.mark.slow
def test_the_example_of_every_help_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which a user would come to them, in a folder that holds the files that they name.

    Where there is --json, its object has the keys of docs/json.md.
    """
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.stdin", PhoneTyped())
    every, documented = dict(commands()), rows()
    every.pop("leadscrub spark scrub")  # it runs beside the tests of Spark, where a JVM is started
    for name, make_ready in prepare_examples().items():
        make_ready()
        command = every.pop(name)
        line = example(command)
        assert line.startswith(name), name
        code, printed = run_line(line)
        assert code == 0, f"{line}\n{printed}"
        if name in documented:
            assert row_of(name, command) in {None, documented.pop(name)}
    assert list(every) == [], "examples that no test runs"


@pytest.mark.parametrize("name", [name for name in NAMES if name not in {"CHANGELOG.md", *PACKS}])
def test_pages_are_in_plain_words(name: str) -> None:
    """Words that readers stumble over where a plain one is at hand (CONTRIBUTING, "Words")."""
    page = (ROOT / name).read_text(encoding="utf-8")
    found = [word for word in re.findall(r"\b[a-z]+\b", page) if word in STUMBLES]
    assert found == []

"""The folder in which the examples of ``--help`` run, made ready step by step in the current folder."""

from __future__ import annotations

import csv
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path

from tests.docs.shell import ROOT, run_line
from tests.pipeline.reviewing.desk import ANN, CAMPAIGN, DROP, VENDOR, filled, saved

SAMPLE = ROOT / "data" / "sample"
_WORKSPACE = "[ledger]\n\n[retention]\nraw_days = 30\n"
_LISTS = (("dnc.national", "registry"), ("dnc.internal", "ours"), ("email.unsubscribed", "gone"))
_VENDOR = """\
name = "acme"
price = 2.50
currency = "USD"

[returns]
window = "14d"
key = "Lead ID"
deliver_to = "sent"

[returns.reasons]
"phone.*" = "BAD NUMBER"
"""


class PhoneTyped:
    """A stdin on which somebody types a phone of the drop each time that it is read, as evidence asks for one."""

    def read(self) -> str:
        """Return it."""
        return "(404) 555-0114\n"


def _nothing() -> None:
    """The folder is ready."""


def _drop_and_lists() -> None:
    shutil.copyfile(SAMPLE / "drops" / "brightleads-2026-11.csv", "drop.csv")
    shutil.copyfile(SAMPLE / "lists" / "dnc-changes.txt", "changes.txt")
    Path("ours.txt").write_text("404-555-0113\nhal@example.com\n", encoding="utf-8")
    Path("layouts").mkdir()
    with zipfile.ZipFile("registry.zip", "w") as archive:
        archive.write(SAMPLE / "lists" / "dnc-national.txt", "registry.txt")


def _workspace() -> None:
    Path("leadscrub.toml").write_text(_WORKSPACE, encoding="utf-8")
    Path("vendors").mkdir()
    Path("vendors/acme.toml").write_text(_VENDOR, encoding="utf-8")


def _nightly_workspace() -> None:
    shutil.copyfile("leadscrub.toml", "my-leads/leadscrub.toml")


def _settled_workspace() -> None:
    """Lists, rule packs and an inbox in place of the commented examples."""
    lists = (
        f'{{kind = "{kind}", name = "{name}", file = "../../ours.txt", as_of = 2026-11-20}}' for kind, name in _LISTS
    )
    text = f'channels = ["call", "email"]\nregion = "US"\nrules.packs = ["us"]\nlists = [{", ".join(lists)}]\n'
    Path("my-leads/campaigns/example.toml").write_text(text, encoding="utf-8")


def _rows_in_review() -> None:
    """A vendor whose promises nobody has read."""
    for path, text in (
        ("campaigns/mail.toml", CAMPAIGN),
        ("vendors/sellers.toml", VENDOR.format(name="sellers", more="")),
    ):
        Path(path).parent.mkdir(exist_ok=True)
        Path(path).write_text(text, encoding="utf-8")
    Path("ours.csv").write_text("email\nblocked@example.com\n", encoding="utf-8")
    Path("sold.csv").write_text(DROP, encoding="utf-8")
    _run("leadscrub scrub sold.csv -o sold --campaign campaigns/mail.toml --vendor sellers")()


def _filled_file() -> None:
    """The file as a person fills it in."""
    with Path("review.csv").open(encoding="utf-8", newline="") as stream:
        lines = list(csv.DictReader(stream))
    saved(filled(lines, lambda _: ANN), "review.csv")


def _run(line: str) -> Callable[[], None]:
    def run() -> None:
        code, printed = run_line(line)
        assert code == 0, printed

    return run


def prepare_examples() -> dict[str, Callable[[], None]]:
    """By command, in the order in which they run: what the folder needs before the command's example."""
    with_law = "leadscrub scrub drop.csv -o out --force --channel call --region US --internal ours.txt --rules us"
    ours = "leadscrub lists add {} ours.txt --kind dnc.internal --as-of 2026-11-20 --region US --store store"
    return {
        "leadscrub init": _nothing,
        "leadscrub inspect": _drop_and_lists,
        "leadscrub scrub": _nothing,
        "leadscrub explain": _nothing,
        "leadscrub verify": _nothing,
        "leadscrub evidence": _nothing,
        "leadscrub export": _nothing,
        "leadscrub report": _nothing,
        "leadscrub reasons": _nothing,
        "leadscrub rescrub": _nothing,
        "leadscrub rules list": _nothing,
        "leadscrub rules coverage": _nothing,
        "leadscrub rules show": _nothing,
        "leadscrub rules why": _run(with_law),
        "leadscrub rules diff": _nothing,
        "leadscrub lists add": _workspace,
        "leadscrub lists update": _nothing,
        "leadscrub lists status": _nothing,
        "leadscrub lists lookup": _nothing,
        "leadscrub lists export": _run(ours.format("ours")),
        "leadscrub lists remove": _run(ours.format("old-partner")),
        "leadscrub lists history": _nothing,
        "leadscrub lists push": _nothing,
        "leadscrub lists pull": _nothing,
        "leadscrub returns": _run("leadscrub scrub drop.csv -o bought --channel call --region US --vendor acme"),
        "leadscrub vendors": _nothing,
        "leadscrub retention": _nothing,
        "leadscrub review list": _rows_in_review,
        "leadscrub review export": _nothing,
        "leadscrub review apply": _filled_file,
        "leadscrub review withdraw": _nothing,
        "leadscrub due": _nothing,
        "leadscrub keys new": _nothing,
        "leadscrub keys show": _nothing,
        "leadscrub log": _nothing,
        "leadscrub log verify": _nothing,
        "leadscrub log stamp": _nothing,
        "leadscrub subject find": _nothing,
        "leadscrub subject erase": _nothing,
        "leadscrub nightly": _nightly_workspace,
        "leadscrub check": _settled_workspace,
    }

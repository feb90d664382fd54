"""What was bought before: the same vendor's and another vendor's earlier deliveries, in a workspace with a ledger."""

from __future__ import annotations

import zipfile

import pytest

from tests.conftest import Scrubbed
from tests.pipeline.ledger.workspace import HEADER, Workspace, lead, leads

pytestmark = pytest.mark.slow


def told(done: Scrubbed) -> list[tuple[object, ...]]:
    """Findings: row, point, code, effect, sentence."""
    assert done.code == 0, done.err
    return done.findings.select("row_id", "point", "code", "effect", "detail").rows()


def test_what_the_vendor_delivered_before_is_a_duplicate(either: Workspace) -> None:
    assert either.scrub("a.csv", 1, "acme", leads(1, 2)).code == 0
    second = either.scrub("b.csv", 3, "acme", leads(2, 3))
    assert told(second) == [(0, "phone", "duplicate.history", "block", "delivered before, on 2026-11-01")]
    assert second.clean_rows("phone") == [("+12025550103",)]
    assert second.rejected_rows("phone", "reason", "disposition") == [("+12025550102", "duplicate.history", "return")]
    assert "duplicate of an earlier delivery" in (second.folder / "returns/acme.csv").read_text()


def test_the_first_seller_wins_and_the_second_is_not_told_of_it(either: Workspace) -> None:
    first = either.scrub("a.csv", 1, "acme", leads(1, 2))
    second = either.scrub("b.csv", 2, "bolt", leads(2, 3))
    assert second.clean_rows("phone") == [("+12025550103",)]
    assert second.rejected_rows("phone", "reasons", "disposition", "reason_detail") == [
        (
            "+12025550102",
            ["duplicate.cross_vendor"],
            "suppress",
            "Another vendor delivered the contact point first, and it was accepted then (needs a ledger)."
            " phone: acme delivered it first, on 2026-11-01.",
        )
    ]
    assert second.findings["source"].to_list() == [f"delivery {first.manifest['inputs'][0]['sha256'][:12]}"]
    returned = (second.folder / "returns/bolt.csv").read_text()
    assert len(returned.splitlines()) == 1, "what another vendor sold first stays here"


def test_an_email_is_known_again_whatever_its_case_and_the_phone_beside_it_stays(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", lead(1, 7))
    second = workspace.scrub("b.csv", 2, "acme", "Jo,202-555-0102,P7@Example.com\nJo,,p8@example.com\n")
    assert second.found() == [(0, "email", "duplicate.history")]
    assert second.clean_rows("phone", "email", "channels") == [
        ("+12025550102", None, ["call"]),
        (None, "p8@example.com", ["email"]),
    ]


def test_every_copy_of_what_was_bought_before_is_history_and_none_is_kept(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", leads(1))
    second = workspace.scrub("b.csv", 2, "acme", leads(1, 1, 2, 2))
    assert second.clean_rows("row_id") == [(2,)]
    assert second.found() == [
        (0, "phone", "duplicate.history"),
        (1, "phone", "duplicate.history"),
        (3, "phone", "duplicate.in_drop"),
    ]


def test_what_was_rejected_before_was_not_bought(workspace: Workspace) -> None:
    internal = workspace.folder / "ours.txt"
    internal.write_text("+12025550101\n")
    first = workspace.scrub("a.csv", 1, "acme", leads(1, 2), "--internal", internal)
    assert first.clean_rows("phone") == [("+12025550102",)]
    assert workspace.scrub("b.csv", 2, "acme", leads(1)).clean_rows("phone") == [("+12025550101",)]


def test_a_point_that_is_blocked_anyway_is_not_asked_about(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", leads(1))
    internal = workspace.folder / "ours.txt"
    internal.write_text("+12025550101\n")
    second = workspace.scrub("b.csv", 2, "acme", leads(1, 2), "--internal", internal)
    assert second.found() == [(0, "phone", "dnc.internal")]


@pytest.mark.parametrize(
    ("dedupe", "expected"),
    [
        ("", [("duplicate.history", "block"), ("duplicate.cross_vendor", "block")]),
        ('cross_vendor = "off"', [("duplicate.history", "block")]),
        ('history = "off"', [("duplicate.cross_vendor", "block")]),
        (
            'history = "flag"\ncross_vendor = "flag"',
            [("duplicate.history", "flag"), ("duplicate.cross_vendor", "flag")],
        ),
        ('history = "off"\ncross_vendor = "off"', []),
    ],
)
def test_a_campaign_chooses_what_becomes_of_either(
    workspace: Workspace, dedupe: str, expected: list[tuple[str, str]]
) -> None:
    workspace.campaign('cross_vendor = "flag"')
    workspace.scrub("a.csv", 1, "acme", leads(1))
    workspace.scrub("b.csv", 2, "bolt", leads(1, 1))
    workspace.campaign(dedupe)
    third = workspace.scrub("c.csv", 3, "bolt", leads(1))
    assert third.findings.select("code", "effect").rows() == expected
    flags = [code for code, effect in expected if effect == "flag"]
    if flags or not expected:
        assert third.clean_rows("phone", "flags") == [("+12025550101", flags)]
    else:
        assert third.rejected_rows("reasons") == [([code for code, _ in expected],)]


def test_another_vendor_that_delivered_later_takes_nothing_from_the_first(workspace: Workspace) -> None:
    workspace.campaign('cross_vendor = "flag"')
    workspace.scrub("a.csv", 1, "acme", leads(1))
    workspace.scrub("b.csv", 2, "bolt", leads(1))
    assert told(workspace.scrub("c.csv", 3, "acme", leads(2, 1))) == [
        (1, "phone", "duplicate.history", "block", "delivered before, on 2026-11-01")
    ]


def test_only_the_last_days_count_where_a_campaign_says_so(workspace: Workspace) -> None:
    workspace.campaign("history_days = 5")
    workspace.scrub("a.csv", 1, "acme", leads(1, 2))
    assert workspace.scrub("b.csv", 6, "acme", leads(1)).found() == [(0, "phone", "duplicate.history")]
    assert workspace.scrub("c.csv", 7, "acme", leads(1, 3)).clean_rows("phone") == [
        ("+12025550101",),
        ("+12025550103",),
    ]
    assert told(workspace.scrub("d.csv", 8, "acme", leads(4, 1))) == [
        (1, "phone", "duplicate.history", "block", "delivered before, on 2026-11-07")
    ]


def test_the_instant_of_receipt_is_what_counts(workspace: Workspace) -> None:
    workspace.campaign("history_days = 1")
    workspace.scrub("a.csv", 5, "acme", leads(1), "--received-at", "2026-11-01T12:00:00Z")
    at_the_second = workspace.scrub("b.csv", 5, "bolt", leads(1), "--received-at", "2026-11-02T12:00:00+00:00")
    assert at_the_second.found() == [(0, "phone", "duplicate.cross_vendor")]
    later = workspace.scrub("c.csv", 5, "bolt", leads(1, 2), "--received-at", "2026-11-02T12:00:01")
    assert later.clean_rows("phone") == [("+12025550101",), ("+12025550102",)]
    wrong = workspace.scrub("d.csv", 5, "bolt", leads(1), "--received-at", "noon")
    assert wrong.code == 2
    assert "'noon' is not an instant" in wrong.err


def test_several_files_of_a_run_have_their_own_places_and_do_not_repeat_each_other(workspace: Workspace) -> None:
    paths = [workspace.drop("a.csv", leads(1, 2)), workspace.drop("b.csv", leads(2, 3))]
    first = workspace.scrub(paths, 1, "acme", out="both")
    assert first.found() == [(2, "phone", "duplicate.in_drop")]
    second = workspace.scrub("c.csv", 2, "bolt", leads(1, 2, 3, 4))
    shas = [file["sha256"][:12] for file in first.manifest["inputs"]]
    assert second.findings.select("row_id", "source").rows() == [
        (0, f"delivery {shas[0]}"),
        (1, f"delivery {shas[0]}"),
        (2, f"delivery {shas[1]}"),
    ]


def test_a_drop_is_the_archive_that_was_delivered(workspace: Workspace) -> None:
    path = workspace.folder / "drops" / "a.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name, rows in (("one.csv", leads(1)), ("two.csv", leads(2))):
            archive.writestr(zipfile.ZipInfo(name), HEADER + rows)
    first = workspace.scrub([path], 1, "acme")
    assert workspace.scrub([path], 1, "acme").err.count("nothing was changed") == 1
    second = workspace.scrub("b.csv", 2, "acme", leads(1, 2, 3))
    assert second.found() == [(0, "phone", "duplicate.history"), (1, "phone", "duplicate.history")]
    assert set(second.findings["source"]) == {f"delivery {first.manifest['inputs'][0]['sha256'][:12]}"}


def test_with_whom_rows_overlap_is_counted(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, "acme", lead(1, 1) + lead(2))
    workspace.scrub("b.csv", 2, "bolt", leads(3))
    third = workspace.scrub("c.csv", 3, "crux", lead(1, 1) + lead(3) + lead(4))
    assert third.manifest["history"]["overlaps"] == {"acme": 1, "bolt": 1}
    fourth = workspace.scrub("d.csv", 4, "crux", leads(4, 2))
    assert fourth.manifest["history"]["overlaps"] == {"acme": 1, "crux": 1}
    with workspace.ledger() as ledger, ledger.reading() as connection:
        rows = connection.exec_driver_sql("SELECT run_id, earlier_vendor, rows FROM run_overlaps").all()
    pairs = [(third, "acme"), (third, "bolt"), (fourth, "acme"), (fourth, "crux")]
    assert sorted(tuple(row) for row in rows) == sorted((done.manifest["run_id"], name, 1) for done, name in pairs)


def test_without_a_vendor_drops_are_of_one_unnamed_vendor(workspace: Workspace) -> None:
    workspace.scrub("a.csv", 1, None, leads(1))
    assert workspace.scrub("b.csv", 2, None, leads(1, 2)).found() == [(0, "phone", "duplicate.history")]
    assert workspace.scrub("c.csv", 3, "acme", leads(1)).found() == [(0, "phone", "duplicate.cross_vendor")]


def test_a_drop_without_records_is_entered_and_changes_nothing(workspace: Workspace) -> None:
    empty = workspace.scrub("a.csv", 1, "acme", "")
    assert (empty.code, empty.manifest["counts"]["read"]) == (0, 0)
    assert workspace.scrub("b.csv", 2, "acme", leads(1)).clean_rows("phone") == [("+12025550101",)]

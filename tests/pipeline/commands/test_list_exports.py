"""A suppression list leaves only for a declared purpose and country, as the rules allow, and the history says so."""

from __future__ import annotations

import hashlib
import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from schemas.errors import ListError
from schemas.list_version import HandedOver, Loading
from suppression.store import Store, writing
from tests.conftest import Ran, leadscrub

pytestmark = pytest.mark.slow

DAY = "2026-11-21"
PEOPLE = ("--people-in", "US")
#: Each kind of list, with entries that it can hold.
KINDS = {
    "email.unsubscribed": "ann@example.com\n",
    "email.complained": "ann@example.com\n",
    "email.bounced": "ann@example.com\n",
    "dnc.internal": "+12025550101\nann@example.com\n",
    "dnc.litigator": "+12025550101\n",
    "dnc.national": "+12025550101\n",
    "sale.opted_out": "+12025550101\nann@example.com\n",
    "list.partners": "ann@example.com\n",
    "email.domain_suppressed": "example.com\n",
}


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with one list of each kind, named after it."""
    folder = tmp_path_factory.mktemp("loaded")
    for kind, text in KINDS.items():
        file = folder / f"{kind}.txt"
        file.write_text(text, encoding="utf-8")
        how = ("--kind", kind, "--as-of", DAY, "--region", "US", "--store", folder / "store")
        ran = leadscrub("lists", "add", kind, file, *how)
        assert ran.code == 0, ran.err
    return folder / "store"


@pytest.fixture
def store(loaded: Path, tmp_path: Path) -> Path:
    """A copy of that store."""
    return Path(shutil.copytree(loaded, tmp_path / "store"))


def export(store: Path, name: str, *words: str | Path) -> Ran:
    return leadscrub("lists", "export", name, "--out", store.parent / "x", "--store", store, "--as-of", DAY, *words)


def refusing(ran: Ran) -> list[str]:
    """Ids of the rules that an error names."""
    return [line.strip().split(":")[0] for line in ran.err.splitlines() if line.startswith("  ")]


def noting(ran: Ran) -> list[str]:
    """Ids of the rules that notes name."""
    return [line.split(": ")[1] for line in ran.err.splitlines() if line.startswith("note: ")]


def history(store: Path, name: str) -> list[dict[str, Any]]:
    document = json.loads(leadscrub("lists", "history", name, "--store", store, "--json").out)
    steps: list[dict[str, Any]] = document["items"]
    return steps


def test_purpose_and_country_must_be_said(store: Path) -> None:
    for words, said in (
        ((), "--for compliance|processor|sale"),
        (("--for", "compliance"), "Add --to-country CC"),
        (("--for", "complience", "--to-country", "US"), "Did you mean 'compliance'?"),
        (("--for", "compliance", "--to-country", "Mars"), "'Mars' is not a region"),
        (("--for", "compliance", "--to-country", "US", "--mechanism", "ssc"), "Did you mean 'scc'?"),
    ):
        ran = export(store, "dnc.internal", *words)
        assert (ran.code, said in ran.err) == (2, True), ran.err
    assert not (store.parent / "x").exists()


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("email.unsubscribed", ["export.sale", "us.canspam.no-transfer-list"]),
        ("email.complained", ["export.sale", "us.canspam.no-transfer-list"]),
        ("email.bounced", ["export.sale"]),
        ("dnc.internal", ["export.sale", "us.canspam.no-transfer-list", "us.tsr.no-list-sale"]),
        ("dnc.national", ["export.sale", "us.tsr.no-list-sale"]),
        ("dnc.litigator", ["export.sale"]),
        ("sale.opted_out", ["export.sale", "export.no-share"]),
        ("list.partners", ["export.sale"]),
    ],
)
def test_no_list_of_people_is_sold(store: Path, kind: str, rules: list[str]) -> None:
    ran = export(store, kind, "--for", "sale", "--to-country", "US", *PEOPLE)
    assert (ran.code, refusing(ran)) == (5, rules)
    assert not (store.parent / "x").exists()
    assert [step["action"] for step in history(store, kind)] == ["add"]


@pytest.mark.parametrize(
    ("kind", "rules"),
    [
        ("email.unsubscribed", []),
        ("email.complained", []),
        ("dnc.internal", []),
        ("dnc.litigator", ["export.litigator-feed"]),
        ("dnc.national", ["export.registry-terms"]),
    ],
)
@pytest.mark.parametrize("purpose", ["compliance", "processor"])
def test_compliance_and_processors_may_have_it(store: Path, kind: str, rules: list[str], purpose: str) -> None:
    ran = export(store, kind, "--for", purpose, "--to-country", "US", *PEOPLE)
    assert (ran.code, noting(ran)) == (0, rules), ran.err
    assert (store.parent / "x").read_text(encoding="utf-8") == KINDS[kind]


def test_the_history_records_what_left(store: Path) -> None:
    words = ("--for", "processor", "--to-country", "us", *PEOPLE, "--hash", "trim+lower+sha256")
    assert export(store, "email.unsubscribed", *words).code == 0
    digest = hashlib.sha256(b"ann@example.com").hexdigest()
    file = store.parent / "x"
    assert file.read_text(encoding="utf-8") == digest + "\n"
    assert file.stat().st_mode & 0o777 == 0o600
    added, left = history(store, "email.unsubscribed")
    assert (left["action"], left["version"]) == ("export", added["version"])
    assert left["handed_over"] == {
        "purpose": "processor",
        "to_country": "US",
        "people_in": ["US"],
        "mechanism": None,
        "not_sensitive": False,
        "recipe": "trim+lower+sha256",
        "entries": 1,
        "sha256": hashlib.sha256(file.read_bytes()).hexdigest(),
        "noted": [],
    }
    shown = leadscrub("lists", "history", "email.unsubscribed", "--store", store).out
    assert "for processor to US, 1 entry, trim+lower+sha256" in shown
    status = leadscrub("lists", "status", "--store", store, "--as-of", DAY)
    assert status.code == 0, status.err
    assert leadscrub("lists", "drop", "email.unsubscribed", "--store", store).code == 0


def test_where_the_people_are_decides_whose_law_is_asked(store: Path) -> None:
    """Addresses may be anybody's, so Europe's law stands until it is said where they are; numbers have a region."""
    unsaid = export(store, "email.unsubscribed", "--for", "compliance", "--to-country", "US")
    assert (unsaid.code, refusing(unsaid)) == (5, ["eu.gdpr.transfer"])
    assert "Where its people are was not said: --people-in US" in unsaid.err
    assert export(store, "dnc.national", "--for", "compliance", "--to-country", "US").code == 0
    (store.parent / "x").unlink()
    europe = ("--for", "compliance", "--people-in", "FR,DE")
    said = export(store, "email.unsubscribed", *europe, "--to-country", "IN")
    assert (said.code, refusing(said), "was not said" in said.err) == (5, ["eu.gdpr.transfer"], False)
    covered = export(store, "email.unsubscribed", *europe, "--to-country", "IN", "--mechanism", "scc")
    assert (covered.code, noting(covered)) == (0, ["eu.gdpr.minimise-list"])
    (store.parent / "x").unlink()
    assert export(store, "email.unsubscribed", *europe, "--to-country", "GB").code == 0


def test_the_data_privacy_framework_covers_the_united_states_only(store: Path) -> None:
    words = ("--for", "compliance", "--people-in", "FR", "--mechanism", "dpf", "--to-country")
    assert refusing(export(store, "email.unsubscribed", *words, "IN")) == ["eu.gdpr.transfer"]
    assert export(store, "email.unsubscribed", *words, "US").code == 0


@pytest.mark.parametrize(
    ("country", "rules"), [("CN", ["us.padfa", "us.doj.bulk-data"]), ("CU", ["us.doj.bulk-data"]), ("IN", [])]
)
def test_foreign_adversaries_get_nothing_sensitive(store: Path, country: str, rules: list[str]) -> None:
    words = ("--for", "compliance", "--to-country", country, *PEOPLE)
    ran = export(store, "dnc.internal", *words)
    assert (ran.code, refusing(ran)) == (5 if rules else 0, rules)
    (store.parent / "x").unlink(missing_ok=True)
    assert export(store, "dnc.internal", *words, "--not-sensitive").code == 0


def test_nobody_is_on_a_list_of_domains(store: Path) -> None:
    ran = export(store, "email.domain_suppressed", "--for", "sale", "--to-country", "IN")
    assert (ran.code, ran.err) == (0, "")


def test_a_workspace_does_not_weaken_the_rules_on_exports(store: Path, in_folder: Path) -> None:
    (in_folder / "leadscrub.toml").write_text("", encoding="utf-8")
    (in_folder / "packs").mkdir()
    (in_folder / "packs" / "us.toml").write_text(
        'name = "us"\ntitle = "Ours"\nversion = "2026.11.2"\nregions = ["US"]\n[[rules]]\n'
        'id = "us.tsr.no-list-sale"\ntitle = "We sell them all the same."\neffect = "flag"\nlevel = "list"\n'
        'channels = ["export"]\nwhen = [{ is = "exported", kinds = ["dnc.internal", "dnc.national"], to = ["sale"] }]\n'
        'citation = { authority = "House rules", section = "1" }\nreviewed_on = 2026-11-21\n'
        'confidence = "general"\nremedy = "Ask the desk."\n',
        encoding="utf-8",
    )
    ran = export(store, "dnc.internal", "--for", "compliance", "--to-country", "US", *PEOPLE)
    assert (ran.code, "allows more than the shipped one: us: us.tsr.no-list-sale" in ran.err) == (3, True)


def test_a_file_that_cannot_be_written_is_not_recorded(store: Path) -> None:
    words = ("--for", "compliance", "--to-country", "US", *PEOPLE, "--store", store)
    ran = leadscrub("lists", "export", "dnc.internal", "--out", store.parent / "no" / "x", *words)
    assert (ran.code, "cannot be written" in ran.err) == (7, True), ran.err
    assert [step["action"] for step in history(store, "dnc.internal")] == ["add"]


def test_what_changed_meanwhile_is_not_given_away(store: Path) -> None:
    """A record of an older version would bring it back into force."""
    version = Store(store).facts("dnc.internal").version
    more = store.parent / "more.txt"
    more.write_text("+12025550102\n", encoding="utf-8")
    words = ("lists", "update", "dnc.internal", more, "--as-of", DAY, "--action", "add", "--store", store)
    assert leadscrub(*words).code == 0
    handed = HandedOver(
        purpose="compliance", to_country="US", people_in=None, mechanism=None, not_sensitive=False, recipe=None,
        entries=1, sha256="00", noted=[],
    )  # fmt: skip
    with writing(store) as writer, pytest.raises(ListError, match="got a new version meanwhile"):
        writer.hand_over("dnc.internal", version, handed, at=datetime(2026, 11, 21, tzinfo=UTC))
    assert [step["action"] for step in history(store, "dnc.internal")] == ["add", "update"]


def test_the_record_outlives_the_version(store: Path) -> None:
    """What was given away is told of when the version's files are gone."""
    assert export(store, "dnc.internal", "--for", "compliance", "--to-country", "US", *PEOPLE).code == 0
    more = store.parent / "more.txt"
    more.write_text("+12025550102\n", encoding="utf-8")
    words = ("lists", "update", "dnc.internal", more, "--as-of", DAY, "--action", "add", "--keep-days", "0")
    assert leadscrub(*words, "--store", store).code == 0
    add, left, update = history(store, "dnc.internal")
    assert "removed after its retention" in add["files"][0]
    assert (left["handed_over"]["entries"], update["entries"]) == (2, 3)
    assert "for compliance to US, 2 entries" in leadscrub("lists", "history", "dnc.internal", "--store", store).out


def test_histories_of_before_keep_their_digest() -> None:
    """The digest is over this text: what an export adds must not be in other steps."""
    step = Loading.model_validate({"version": "ab", "at": "2026-11-21T00:00:00Z", "action": "add"})
    assert step.model_dump_json() == '{"version":"ab","at":"2026-11-21T00:00:00Z","action":"add","removed_at":null}'

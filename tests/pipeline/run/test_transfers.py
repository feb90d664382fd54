"""Data that leaves: a result that is passed on or sent abroad, and rows that go back to their vendor."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from tests.conftest import Scrub, Scrubbed, leadscrub

pytestmark = pytest.mark.slow

#: Everything that the vendor's file declares, so that only the passing on is in question.
VENDOR = """\
name = "shop"
[evidence]
{country}
source_type = "own_customers"
origin = "own shop"
disclosed_fields = ["full_name", "email", "phone", "state", "country", "birth_date"]
{more}
[evidence.promises]
site_disclaimer = "none"
confidentiality_agreement = "none"
nda = "none"
privacy_policy = "none"
non_compete = "none"
customer_contract = "none"
"""
REGISTRY = """
[[lists]]
kind = "dnc.national"
name = "registry"
file = "registry.txt"
as_of = 2026-11-21
"""
LAW = """\
[rules]
packs = ["us", "fr"]
[evidence]
country = "US"
product_class = []
sender_identified = true
optout_offered = true
purposes = ["marketing"]
dialling = "live"
lia = "LIA-1"
"""
SOLD = (
    LAW
    + """
passes_on = "{passes_on}"
recipient = "Sunny Partner"
destination_country = "US"
recipient_controlled_by = []
sensitive_data = false
processor_contract = true
ccpa_terms = true
seller_sector = "other"
"""
)
CONSENT = "2026-06-01,form,I agree,https://example.com/f"
#: name, email, phone, state, birth date, purposes of a consent and its parties.
ROWS = f"""\
full_name,email,phone,state,country,birth_date,consent_purposes,consent_named_parties,consent_at,consent_method,consent_text,consent_url
grown up,ann@example.com,+12025550101,CA,US,1980-01-02,,,,,,
15 and silent,bob@example.com,+12025550102,CA,US,2011-01-02,,,,,,
15 who agreed,cyd@example.com,+12025550103,CA,US,2011-01-02,sale,Example Company,{CONSENT}
12 who agreed,dan@example.com,+12025550104,CA,US,2014-01-02,sale,Example Company,{CONSENT}
17 in Maryland,eve@example.com,+12025550105,MD,US,2009-01-02,,,,,,
17 in New York,fay@example.com,+12025550106,NY,US,2009-01-02,,,,,,
no sale please,gus@example.com,+12025550107,CA,US,1980-01-02,,,,,,
no sale outside California,hal@example.com,+12025550108,NY,US,1980-01-02,,,,,,
no more email,ivy@example.com,+12025550109,NY,US,1980-01-02,,,,,,
"""
NO_SALE = "gus@example.com\n+12025550108\n"
UNSUBSCRIBED = "ivy@example.com\n"


@pytest.fixture
def shop(in_folder: Path) -> Path:
    """A workspace with one vendor, whose file declares what rules on incoming lists ask for."""
    (in_folder / "leadscrub.toml").write_text("", encoding="utf-8")
    (in_folder / "vendors").mkdir()
    write_vendor(in_folder)
    return in_folder


def write_vendor(workspace: Path, country: str = "", more: str = "") -> None:
    said = f'country = "{country}"' if country else ""
    (workspace / "vendors" / "shop.toml").write_text(VENDOR.format(country=said, more=more), encoding="utf-8")


def run(scrub: Scrub, folder: Path, campaign: str, **more: str) -> Scrubbed:
    (folder / "no-sale.txt").write_text(NO_SALE, encoding="utf-8")
    (folder / "unsubscribed.txt").write_text(UNSUBSCRIBED, encoding="utf-8")
    (folder / "registry.txt").write_text("+12025550199\n", encoding="utf-8")
    lists = ("--list", "sale.opted_out:no-sale=no-sale.txt", "--unsubscribe", "unsubscribed.txt")
    ran = scrub(ROWS, *lists, "--vendor", "shop", campaign=campaign + REGISTRY, **more)
    assert ran.code == 0, ran.err
    return ran


def rows(ran: Scrubbed) -> dict[str, list[str]]:
    """Rows by name: ``clean``, or the disposition and the reasons."""
    clean = {name: ["clean"] for (name,) in ran.clean_rows("full_name")}
    return clean | {name: [goes, *why] for name, goes, why in ran.rejected_rows("full_name", "disposition", "reasons")}


def test_what_stays_with_us_is_asked_nothing_about_sales(scrub: Scrub, shop: Path) -> None:
    """Who asked not to be sold may be contacted; minors are a matter of the sale."""
    found = rows(run(scrub, shop, LAW))
    assert set(map(tuple, found.values())) == {("clean",)}
    assert found == rows(run(scrub, shop, LAW + 'passes_on = "none"\n', out="none"))


def test_a_sale(scrub: Scrub, shop: Path) -> None:
    """15 USC 7704(a)(4)(A)(iv); Cal. Civ. 1798.120; Maryland's and Oregon's acts; documents 000, statements 3 and 4."""
    ran = run(scrub, shop, SOLD.format(passes_on="sale"))
    assert rows(ran) == {
        "grown up": ["clean"],
        "15 and silent": ["suppress", "us.ca.minor"],
        "15 who agreed": ["clean"],
        "12 who agreed": ["suppress", "us.ca.child"],
        "17 in Maryland": ["suppress", "us.md.minor"],
        "17 in New York": ["clean"],
        "no sale please": ["suppress", "transfer.no-share", "us.ca.optout"],
        "no sale outside California": ["suppress", "transfer.no-share"],
        "no more email": ["clean"],
    }
    # Opted out by email only: the number may be sold, the address may not.
    (ivy,) = ran.clean.filter(ran.clean["full_name"] == "no more email").select("phone", "email", "channels").rows()
    assert ivy == ("+12025550109", None, ["call"])
    codes = ran.findings.filter(ran.findings["row_id"] == 8).get_column("code").to_list()
    assert codes == ["email.unsubscribed", "us.canspam.optout", "us.canspam.no-transfer"]
    assert ran.manifest["rules"]["campaign_evidence"]["passes_on"] == "sale"


def test_a_partner_gets_no_minors_of_california_and_a_processor_all(scrub: Scrub, shop: Path) -> None:
    shared = rows(run(scrub, shop, SOLD.format(passes_on="partner")))
    assert {name for name, why in shared.items() if why != ["clean"]} == {
        "15 and silent",
        "12 who agreed",
        "no sale please",
        "no sale outside California",
    }
    processed = rows(run(scrub, shop, SOLD.format(passes_on="processor"), out="processed"))
    assert {name for name, why in processed.items() if why != ["clean"]} == set()


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ('destination_country = "CA"', ["transfer.undeclared"]),
        ('destination_country = "US"', None),
        ('passes_on = "sale"', ["transfer.no-recipient", "transfer.no-destination", "us.padfa.control"]),
        (
            'passes_on = "processor"\nrecipient = "P"\ndestination_country = "US"\nsensitive_data = false',
            ["transfer.processor-contract"],
        ),
        ('destination_country = "IR"\npasses_on = "none"', ["us.padfa", "us.doj.bulk-data"]),
        ('destination_country = "CA"\npasses_on = "none"', None),
    ],
)
def test_what_is_not_declared_of_the_passing_on_is_for_review(
    scrub: Scrub, shop: Path, declared: str, reason: list[str] | None
) -> None:
    """One adult in New York: nothing but the campaign's silence stands against the row, and a word releases it."""
    more = "" if "ccpa" in declared else "ccpa_terms = true\n"
    found = rows(run(scrub, shop, LAW + more + declared + "\n"))["17 in New York"]
    assert found == (["clean"] if reason is None else ["review", *reason])


def test_sensitive_data_for_a_foreign_adversary_is_rejected(scrub: Scrub, shop: Path) -> None:
    """PADFA; 28 CFR 202. Control counts like the place."""
    said = 'passes_on = "processor"\nrecipient = "P"\nprocessor_contract = true\nccpa_terms = true\n'
    said += 'destination_country = "US"\nrecipient_controlled_by = ["CN"]\nsensitive_data = true\n'
    found = rows(run(scrub, shop, LAW + said))["grown up"]
    assert found == ["suppress", "us.padfa.sensitive", "us.doj.bulk-sensitive"]


EUROPE = """\
full_name,email,country,consent_basis,consent_purposes,consent_named_parties,consent_channels,consent_at,consent_method,consent_text,consent_url
agreed to both,ann@example.com,FR,consent,marketing;sale,Example Company;Sunny Partner,email,2026-06-01,form,I agree,https://example.com/f
agreed to us,bob@example.com,FR,consent,marketing,Example Company,email,2026-06-01,form,I agree,https://example.com/f
agreed to another,cyd@example.com,FR,consent,marketing;sale,Example Company;Other,email,2026-06-01,form,I agree,https://example.com/f
"""


def test_a_sale_from_europe_needs_consent_that_names_the_recipient(scrub: Scrub, shop: Path) -> None:
    """GDPR Arts 6, 7; CNIL on partners; and Chapter V, since it goes to the United States."""
    words = ("--vendor", "shop", "--list", "sale.opted_out:none=none.txt")
    (shop / "none.txt").write_text("gus@example.com\n", encoding="utf-8")
    sold = SOLD.format(passes_on="sale").replace('country = "US"\nprod', 'country = "FR"\nprod')
    ran = scrub(EUROPE, *words, channels=("email",), region="FR", campaign=sold)
    everyone = ["suppress", "eu.gdpr.transfer"]
    assert rows(ran) == {
        "agreed to both": everyone,
        "agreed to us": [*everyone, "eu.gdpr.sharing", "fr.cnil.share"],
        "agreed to another": [*everyone, "eu.gdpr.sharing", "fr.cnil.share"],
    }
    covered = sold + 'transfer_mechanism = "dpf"\n'
    ran = scrub(EUROPE, *words, channels=("email",), region="FR", campaign=covered, out="covered")
    assert rows(ran) == {
        "agreed to both": ["clean"],
        "agreed to us": ["suppress", "eu.gdpr.sharing", "fr.cnil.share"],
        "agreed to another": ["suppress", "eu.gdpr.sharing", "fr.cnil.share"],
    }


RETURNED = """\
full_name,phone,country
in France,+33199000001,FR
in the States,+12025550111,US
in the States with a French number,+33199000002,US
nowhere,12,
"""


def returned(ran: Scrubbed) -> list[tuple[str, str, str, str]]:
    with (ran.folder / "returns" / "shop.csv").open(encoding="utf-8", newline="") as stream:
        return [
            (row["returned_because"], row["delivered_line"], row["full_name"], row["phone"])
            for row in csv.DictReader(stream)
        ]


@pytest.mark.parametrize(
    ("country", "more", "withheld"),
    [
        ("IN", "", True),
        ("US", "", True),
        ("IN", 'transfer_mechanism = "scc"', False),
        ("GB", "", False),
        ("", "", False),
    ],
)
def test_rows_of_europeans_go_back_without_details_where_nothing_covers_it(
    scrub: Scrub, shop: Path, country: str, more: str, withheld: bool
) -> None:
    """GDPR Arts 44-49. The vendor finds its rows by file and line; our own list is told of in neither case."""
    write_vendor(shop, country, more)
    (shop / "ours.txt").write_text("+33199000001\n+12025550111\n+33199000002\n", encoding="utf-8")
    ran = scrub(RETURNED, "--internal", "ours.txt", "--vendor", "shop", channels=("call",), region="US", campaign=LAW)
    assert ran.code == 0, ran.err
    details = [
        ("in France", "'+33199000001"),
        ("in the States", "'+12025550111"),
        ("in the States with a French number", "'+33199000002"),
        ("nowhere", "12"),
    ]
    shown = [cells if not withheld or n == 1 else ("", "") for n, cells in enumerate(details)]
    assert returned(ran) == [("phone invalid", str(n + 2), *shown[n]) for n in (3,)]
    assert ("note: eu.gdpr.return: " in ran.err) is withheld
    assert ("eu.gdpr.return" in ran.manifest["rules"]["noted"]) is withheld
    text = (ran.folder / "returns" / "shop.csv").read_text(encoding="utf-8")
    assert "ours" not in text.replace("yours", "")
    assert "dnc." not in text


def test_rules_list_tells_ways_of_leaving_from_contact() -> None:
    def listed(*words: str) -> set[str]:
        ran = leadscrub("rules", "list", *words, "--as-of", "2026-11-21", "--json")
        assert ran.code == 0, ran.err
        return {rule["id"] for rule in json.loads(ran.out)["items"]}

    transfer = listed("--channel", "transfer")
    assert {"us.canspam.no-transfer", "us.padfa", "eu.gdpr.transfer", "us.ca.minor", "transfer.undeclared"} <= transfer
    assert listed("--channel", "return") == {"eu.gdpr.return"}
    assert "us.tsr.no-list-sale" in listed("--channel", "export") - transfer
    assert not transfer & listed("--channel", "email")
    assert "fr.conso.l223-3" not in transfer
    wrong = leadscrub("rules", "list", "--channel", "transfr")
    assert (wrong.code, "Did you mean 'transfer'?" in wrong.err) == (2, True)

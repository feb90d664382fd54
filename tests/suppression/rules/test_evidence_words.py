"""The words of evidence are closed vocabularies: what is not in them is not said, and never counts for contact."""

from __future__ import annotations

import pytest

from schemas.evidence import ConsentWords
from suppression.rules.consent_words import ACT, PASSIVE, SIGNED, TICKED, UNREAD, UNSAID, Vocabulary, is_wording
from tests.suppression.rules.conftest import ENTITY, LAW, LawScrub, Reasons

pytestmark = pytest.mark.slow

WORDS = Vocabulary(ConsentWords())
CONSENT = {
    "consent_basis": "explicit consent",
    "consent_at": "2026-06-01",
    "consent_channels": "call",
    "consent_method": "signed form",
    "consent_text": f"I agree to be called by {ENTITY}.",
    "consent_named_parties": ENTITY,
}
LISTED = {"dnc.national": ("+12025550101",)}
ON_THE_REGISTRY = ["dnc.national", "us.tsr.national-dnc"]


@pytest.mark.parametrize(
    ("cell", "found"),
    [
        ("Consent", "consent"), ("double opt-in", "consent"), ("Einwilligung", "consent"), ("consentement", "consent"),
        ("express written consent", "explicit"), ("Legitimate interest - prospect/lead", "interests"),
        ("interés legítimo", "interests"), ("Vertrag", "contract"), ("soft opt-in", "soft"), ("no consent", "none"),
        ("vital interests", "none"), ("consent withdrawn", "refused"), ("Consent Refused", "refused"),
        ("widerrufen", "refused"), ("consent?", UNREAD), ("not explicit consent", UNREAD),
        ("consented, I think", UNREAD),
    ],
)  # fmt: skip
def test_bases(cell: str, found: str) -> None:
    assert WORDS.basis(cell) == found


@pytest.mark.parametrize(
    ("cell", "bits"),
    [
        ("web signup", ACT), ("box ticked", ACT | TICKED), ("case cochée", ACT | TICKED), ("signed form", ACT | SIGNED),
        ("unterschrieben", ACT | SIGNED), ("e-signature", ACT | SIGNED),
        ("signed form, box ticked", ACT | SIGNED | TICKED),
        ("pre-ticked box", PASSIVE), ("pre-ticked box, signed", PASSIVE | SIGNED), ("silence", PASSIVE),
        ("box not ticked", UNSAID), ("unsigned", UNSAID), ("not signed", UNSAID), ("signed?", UNSAID),
        ("signed form, box not ticked", UNSAID), ("designed", UNSAID), ("sign here", UNSAID), ("asdf", UNSAID),
    ],
)  # fmt: skip
def test_methods(cell: str, bits: int) -> None:
    assert WORDS.method(cell) == bits


@pytest.mark.parametrize(
    "cell", ["recording 17", "Recording no. 17", "file.pdf", "https://example.com/x", "A-20311-9f", "scan"]
)
def test_proofs(cell: str) -> None:
    assert WORDS.proves(cell)


@pytest.mark.parametrize(
    "cell", ["no", "tbd", "x", "missing", "n/a", "no recording", "recording lost", "keine Aufnahme", "yes"]
)
def test_no_proofs(cell: str) -> None:
    assert not WORDS.proves(cell)


@pytest.mark.parametrize(
    "cell", ["I agree", "I agree to be called. Consent is not a condition of purchase.", "Ja, bitte anrufen"]
)
def test_wordings(cell: str) -> None:
    assert is_wording(cell)


@pytest.mark.parametrize("cell", ["no", "tbd", "no text", "text missing", "I do not agree to be called", "x x x"])
def test_no_wordings(cell: str) -> None:
    assert not is_wording(cell)


def test_a_whole_consent_lifts_the_registry(reasons: Reasons) -> None:
    assert reasons(**CONSENT, lists=LISTED) == []


@pytest.mark.parametrize(
    "changed",
    [
        {"consent_basis": "no consent"}, {"consent_method": "box not ticked"}, {"consent_method": "unsigned"},
        {"consent_method": "web signup"}, {"consent_method": "box ticked"}, {"consent_text": "tbd"},
        {"consent_text": "I do not agree to be called"}, {"consent_named_parties": f"not {ENTITY}"},
        {"consent_channels": "no calls"}, {"consent_at": "2099-01-01"},
    ],
)  # fmt: skip
def test_a_word_that_does_not_say_so_lifts_nothing(changed: dict[str, str], reasons: Reasons) -> None:
    assert set(ON_THE_REGISTRY) <= set(reasons(**(CONSENT | changed), lists=LISTED))


def test_a_campaign_adds_words_of_its_own(reasons: Reasons) -> None:
    own = CONSENT | {"consent_method": "Club card form", "consent_basis": "Club opt-in"}
    assert set(ON_THE_REGISTRY) <= set(reasons(**own, lists=LISTED))
    words = (
        '[evidence.consent_words]\nbasis = { "club opt-in" = "explicit" }\nmethod = { "club card form" = "signed" }\n'
    )
    assert reasons(**own, lists=LISTED, campaign=LAW + words) == []


@pytest.mark.parametrize(
    "line", ['lia = ""', 'lia = "tbd"', 'recipient = " "', 'purposes = [""]', 'also_known_as = ["x"]']
)
def test_what_says_nothing_is_refused(line: str, law: LawScrub) -> None:
    """An empty id would count as if there were an assessment."""
    ran = law({"phone": "+12025550101"}, campaign=f"{LAW}{line}\n")
    assert ran.code == 3
    assert "says nothing" in ran.err


def test_an_empty_origin_is_refused(law: LawScrub) -> None:
    ran = law({"phone": "+12025550101"}, vendor='source_type = "purchased"\norigin = ""\n')
    assert (ran.code, "says nothing" in ran.err) == (3, True)


def test_nobody_is_a_business_by_inference(reasons: Reasons) -> None:
    """16 CFR 310.6(b)(7) is for businesses: a role's address and a company's name make nobody one."""
    lead = {"company": "n/a", "email": "info@gmail.com"}
    assert set(ON_THE_REGISTRY) <= set(reasons(**lead, lists=LISTED))
    assert set(ON_THE_REGISTRY) <= set(reasons(is_business="0", company="Acme Inc", lists=LISTED))
    assert reasons(is_business="B2B", lists=LISTED) == []
    assert set(ON_THE_REGISTRY) <= set(reasons(is_business="sole trader", lists=LISTED))


SOFT = LAW.replace('["all"]', '["be"]').replace('"US"', '"BE"') + (
    "similar_products = true\nchoice_at_collection = true\noptout_offered = true\nsender_identified = true\n"
    'lia = "LIA-1"\nstorage_country = "BE"\n'
)
CUSTOMER = {"phone": "", "email": "ann@example.com", "country": "BE", "state": "", "last_purchase_at": "2026-01-05"}


@pytest.mark.parametrize(
    ("cells", "vendor", "more", "clean"),
    [
        ({}, 'source_type = "own_customers"', "", True),
        ({}, 'source_type = "purchased"\norigin = "broker"', "", False),
        ({}, 'source_type = "partner"\norigin = "partner"', "", False),
        ({"last_purchase_at": "2099-01-05"}, 'source_type = "own_customers"', "", False),
        ({"last_purchase_at": ""}, 'source_type = "own_customers"', "", False),
        ({}, 'source_type = "own_customers"', "customer_months = 12\n", True),
        ({}, 'source_type = "own_customers"', "customer_months = 10\n", False),
    ],
)
def test_a_soft_opt_in_is_of_our_own_customers(
    cells: dict[str, str], vendor: str, more: str, clean: bool, reasons: Reasons
) -> None:
    """Directive 2002/58 Art 13(2): never of a list that somebody else collected, nor of a sale still to come."""
    found = reasons(
        **(CUSTOMER | cells), vendor=vendor + "\n", campaign=SOFT + more, channels=("email",), region="BE", lists={}
    )
    assert ("be.optin" not in found) is clean
    assert (found == []) is clean


def test_a_job_is_matched_by_words(reasons: Reasons) -> None:
    law = LAW.replace('["all"]', '["fr"]') + (
        'relevant_jobs = ["head"]\noptout_offered = true\nsender_identified = true\nlia = "LIA-1"\n'
    )
    lead = {
        "phone": "",
        "email": "a@example.com",
        "country": "FR",
        "state": "",
        "is_business": "yes",
        "notice_at": "2026-10-01",
    }
    given = {"campaign": law, "channels": ("email",), "region": "FR"}
    assert reasons(**lead, job_title="Head of sales", **given) == []
    assert reasons(**lead, job_title="Forehead specialist", **given) == ["fr.cnil.b2b"]


def test_an_entity_with_a_comma_can_be_named(law: LawScrub) -> None:
    lead = (
        {"phone": "+12025550101", "country": "US", "state": "DC"} | CONSENT | {"consent_named_parties": "Example, Inc."}
    )
    also = LAW + 'also_known_as = ["Example, Inc."]\n'
    assert law(lead, lists=LISTED, campaign=also).clean_rows("row_id") == [(0,)]
    assert law(lead, lists=LISTED).clean_rows("row_id") == []

"""The register of reason codes: the one place where a code's meaning, effect and order are written down.

A code is dotted, lower case and never reused. The order of the register is the precedence: when several codes
reject a row, the first one here is its primary reason, and that one's disposition is the row's.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple

from schemas.errors import UsageError
from schemas.support.names import did_you_mean

Effect = Literal["block", "review", "flag"]
Disposition = Literal["return", "suppress", "review", "none"]

#: What a reference says of a reason that a vendor may not be told: such rows never go back, in whatever file.
STAYS_HERE = "nothing: the row stays here"


class ReasonCode(NamedTuple):
    """One code. ``vendor_phrase`` is what a vendor may be told; None: nothing, see `may_go_back`."""

    code: str
    effect: Effect
    disposition: Disposition
    summary: str
    remedy: str
    vendor_phrase: str | None = None


def may_go_back(reason: ReasonCode) -> bool:
    """Whether a row with this primary reason can go back to its vendor, in any file that we write.

    It blocks, and the vendor may be told so. A row that is on a list of ours, or that another vendor sold first, stays:
    to see it come back would tell the vendor of it.
    """
    return reason.effect == "block" and reason.vendor_phrase is not None


def _returnable(code: str, phrase: str, summary: str, remedy: str) -> ReasonCode:
    return ReasonCode(code, "block", "return", summary, remedy, phrase)


def _suppressed(code: str, summary: str, remedy: str, phrase: str | None = None) -> ReasonCode:
    return ReasonCode(code, "block", "suppress", summary, remedy, phrase)


def _flag(code: str, summary: str, remedy: str) -> ReasonCode:
    return ReasonCode(code, "flag", "none", summary, remedy)


#: Fields that a rule can read and whose cells may be unreadable, with what they hold. ``unread.FIELD`` is the code.
UNREAD_FIELDS = {
    "country": "country",
    "state": "state",
    "postal_code": "ZIP code, where no state is given",
    "is_business": "business or consumer",
    "consent_basis": "legal basis",
    "consent_at": "date of consent",
    "received_at": "date of receipt",
    "birth_date": "birth date",
    "evidence": "another field, which the detail names",
}


def _unread(field: str, what: str) -> ReasonCode:
    return ReasonCode(
        f"unread.{field}",
        "review",
        "review",
        f"The cell for {field} ({what}) cannot be read, and a rule that reads it may forbid contact.",
        f"Have the vendor send {field} in a form that is read, or leave its column out in a layout (ignore).",
    )


#: Of rows whose person was erased since the run. No check finds it.
ERASED_ROW = "row.erased"

_REGISTER: tuple[ReasonCode, ...] = (
    _suppressed(
        ERASED_ROW,
        "The person was erased since the run: nothing of the row is kept but its number.",
        "Nothing to do: who was erased is on the list of the erased, and is rejected in later drops.",
    ),
    # The record itself: nothing else can be said of a row that could not be read.
    _returnable(
        "row.malformed",
        "row could not be read",
        "The record could not be parsed: it has too many or too few fields, or a quote that never closes.",
        "See the column raw for the text as it came; have the vendor quote and escape its cells (RFC 4180).",
    ),
    _returnable(
        "row.repeated_header",
        "repeated header row",
        "The record repeats the header, as when files are pasted together.",
        "Nothing to do: it was never a lead.",
    ),
    _returnable(
        "row.footer",
        "total or footer row",
        "The record is a total or a remark at the end of a report.",
        "Nothing to do: it was never a lead.",
    ),
    _returnable(
        "row.comment",
        "comment line",
        "The line is a remark (it begins with # or //), and could not be read as a record.",
        "Nothing to do: it was never a lead.",
    ),
    _returnable("row.empty", "empty row", "Every cell of the record is empty.", "Nothing to do."),
    # Who must not be contacted.
    _suppressed(
        "dnc.internal",
        "The contact point is on your own do-not-contact list.",
        "Never contact it. A request made to you is not overridden by consent or by a purchase.",
    ),
    _suppressed(
        "dnc.litigator",
        "The contact point is on a list of known litigators.",
        "Do not contact it; have counsel decide on exceptions.",
    ),
    _suppressed(
        "email.complained",
        "The address reported an earlier message as spam.",
        "Never email it again.",
    ),
    _suppressed(
        "email.unsubscribed",
        "The address is on an unsubscribe list.",
        "Never email it again unless it signs up again.",
    ),
    _suppressed(
        "refused.in_file",
        "A column of the file itself says that the person must not be contacted on the channel (DoNotCall, opted out).",
        "Do not contact. Where the column means something else, leave it out in a layout (ignore).",
        "marked as not to be contacted",
    ),
    _suppressed(
        "email.domain_suppressed",
        "The address's domain is on a suppression list.",
        "Do not email this domain.",
    ),
    _suppressed(
        "email.wireless_domain",
        "The address's domain is on the FCC's list of wireless domains (47 CFR 64.3100).",
        "Email it only with express prior authorisation.",
    ),
    _suppressed(
        "dnc.national",
        "The number is on a national Do-Not-Call registry.",
        "Do not call or text it without written consent or an established business relationship.",
        "on a public do-not-call registry",
    ),
    _suppressed(
        "dnc.state",
        "The number is on a state Do-Not-Call list.",
        "Do not call or text it without an exemption of that state.",
        "on a public do-not-call registry",
    ),
    _suppressed(
        "dnc.not_covered",
        "The copy of the national registry does not cover the number's area code.",
        "Subscribe to the area code and load it (16 CFR 310.8); until then nobody knows whether the number is listed.",
    ),
    _suppressed(
        "phone.reassigned",
        "The number was disconnected or given to somebody else after consent was obtained.",
        "Do not call or text it; ask the vendor for the current number.",
    ),
    _suppressed(
        "email.bounced",
        "Mail to the address bounced before.",
        "Do not email it; ask the vendor for the current address.",
    ),
    _suppressed(
        "list.match",
        "The contact point is on a list of your own kind.",
        "See the source of the finding for the list's name.",
    ),
    # The data: the vendor's to answer for.
    _returnable(
        "lead.test_record",
        "test record",
        "The lead is somebody's test entry (asdf, Mickey Mouse, test@test.com).",
        "Return it.",
    ),
    _returnable(
        "phone.damaged",
        "phone damaged",
        "A spreadsheet damaged the number (as in 4.41E+11 or #N/A), and not one certain reading is left.",
        "Have the vendor export the column as text.",
    ),
    _returnable(
        "phone.is_email",
        "email in the phone column",
        "The phone's cell holds an email address. Nothing is moved from one column to another.",
        "Return it; if the whole column holds emails, map it to email in a layout.",
    ),
    _returnable(
        "phone.short_code",
        "short code",
        "The number is a short code of its country (911, 72755), not a subscriber's number.",
        "Return it.",
    ),
    _returnable(
        "phone.unparseable",
        "phone not a number",
        "The cell does not hold one phone number.",
        "Return it; several numbers in one cell are never merged.",
    ),
    _returnable(
        "phone.invalid",
        "phone invalid",
        "The number is not in any range that its country has given out.",
        "Return it, or check the country with --region.",
    ),
    _returnable(
        "phone.fictional",
        "phone fictional",
        "The number is reserved for films and examples (555-0100 to 555-0199, Ofcom's and ARCEP's drama ranges).",
        "Return it.",
    ),
    _returnable(
        "phone.premium_rate",
        "premium-rate number",
        "Calling the number costs the caller a premium.",
        "Return it.",
    ),
    _returnable(
        "phone.fax",
        "fax number",
        "The number comes from a fax column: nobody answers it.",
        "Map the column to phone in a layout when it does hold a voice line.",
    ),
    _returnable(
        "phone.unwanted_type",
        "number of an unwanted type",
        "The number's type (pager, voicemail ...) is one that the campaign does not contact.",
        "Return it, or allow the type in [phone_types] of the campaign.",
    ),
    _returnable(
        "phone.not_textable",
        "number cannot receive texts",
        "The number's type cannot receive a text: it is neither mobile nor, where the two look alike, perhaps mobile.",
        "Call it instead, or return it.",
    ),
    _returnable(
        "email.is_phone",
        "phone in the email column",
        "The email's cell holds a phone number. Nothing is moved from one column to another.",
        "Return it; if the whole column holds phones, map it to phone in a layout.",
    ),
    _returnable(
        "email.several",
        "several emails in one cell",
        "The cell holds several addresses; they are never merged, and none is preferred.",
        "Return it, or have the vendor send one address a column.",
    ),
    _returnable(
        "email.damaged",
        "email damaged",
        "The address is damaged (characters lost, a blank or a comma inside): the right one is a guess.",
        "Have the vendor send it again.",
    ),
    _returnable(
        "email.syntax",
        "email invalid",
        "The cell is not an email address.",
        "Return it.",
    ),
    _returnable(
        "email.special_use",
        "email domain reserved",
        "The domain is reserved and never receives mail (RFC 2606, RFC 6761).",
        "Return it.",
    ),
    _returnable(
        "email.disposable",
        "disposable email",
        "The domain hands out throw-away addresses.",
        "Return it.",
    ),
    _returnable(
        "email.no_mx",
        "email domain receives no mail",
        "The domain does not exist, has no mail server, or says that it accepts no mail (--check-mx).",
        "Return it.",
    ),
    _returnable(
        "duplicate.in_drop",
        "duplicate in the same delivery",
        "An earlier row of the same run holds the same contact point.",
        "Nothing to do: the detail names the row that was kept.",
    ),
    _returnable(
        "duplicate.history",
        "duplicate of an earlier delivery",
        "The same vendor delivered the contact point before, and it was accepted then (needs a ledger).",
        "Return it: it was paid for already.",
    ),
    _suppressed(
        "duplicate.cross_vendor",
        "Another vendor delivered the contact point first, and it was accepted then (needs a ledger).",
        "Nothing to do: the first seller keeps it, and the detail names it. The vendor is not told of others.",
    ),
    _returnable(
        "contact.none",
        "no contact data",
        "The row has no contact point for any channel of the campaign.",
        "Return it, or add a channel.",
    ),
    # A person's decision about a row in review.
    _suppressed(
        "review.denied",
        "A person who reviewed the row denied its release.",
        "See the source of the finding for the review; 'leadscrub review withdraw' undoes it.",
    ),
    # What is there and cannot be read is not absent: it may be what speaks against contact.
    *(_unread(field, what) for field, what in UNREAD_FIELDS.items()),
    # The law of a place was not asked: not checked is not clean.
    ReasonCode(
        "rules.not_covered",
        "review",
        "review",
        "The lead is in a country whose law no rule pack of the run covers.",
        "Add that country's pack to the campaign's [rules]; where there is none, have counsel decide.",
    ),
    ReasonCode(
        "rules.unverified",
        "review",
        "review",
        "No rule of the packs says whether this kind of contact is allowed in the lead's country (docs/coverage.md).",
        "Have counsel decide; a pack of the workspace can hold what they find ([[rules]] or [[permits]]).",
    ),
    ReasonCode(
        "rules.no_country",
        "review",
        "review",
        "Neither the number nor the address says in which country the lead is, so no law could be chosen.",
        "Have the vendor send the country, or name it with --region when the whole drop is from one.",
    ),
    ReasonCode(
        "phone.reading_lost",
        "review",
        "review",
        "The number could be read in two ways when the drop was read, and the clean row keeps only one of them.",
        "Scrub the vendor's drop again instead of its clean rows: then both are screened.",
    ),
    ReasonCode(
        "phone.country_unread",
        "review",
        "review",
        "The country or calling code beside the number cannot be read, or names several countries: it is not certain "
        "which country's number this is.",
        "Have the vendor say the country (ISO 3166-1), or release the row when the detail names the right one.",
    ),
    ReasonCode(
        "phone.no_region",
        "review",
        "review",
        "The number has no country code, and nothing says which country it is of.",
        "Say the country with --region, or 'region' in the campaign, vendor or layout, and scrub again.",
    ),
    # What only the whole run shows of its consents. Flags in a run without rule packs, which asks for no consent.
    ReasonCode(
        "consent.token_reused",
        "review",
        "review",
        "The same consent token is on rows of several people: it can be proof for one of them at most.",
        "Have the certificate's issuer say whom it names (claim it), or ask the vendor for this person's own.",
    ),
    ReasonCode(
        "consent.one_second",
        "review",
        "review",
        "Most consents of the file, of 20 or more, have the same time to the second: an import's, not the people's.",
        "Ask the vendor for the time at which each person agreed, with its proof.",
    ),
    # Noted; these block nothing.
    _flag(
        "consent.one_ip",
        "Most consents of the file, of 20 or more, have the same IP address: a call centre's or a server's.",
        "Ask the vendor whose address it is. A call centre that enters what people say may have one.",
    ),
    _flag(
        "sale.opted_out",
        "The person asked that their data be neither sold nor shared. They may still be contacted.",
        "Keep the row to yourself: a campaign that declares passes_on holds it back by itself.",
    ),
    _flag(
        "refused.unknown_word",
        "A column on contact (DoNotCall, accepts marketing) holds a word that is not known; it counts as a refusal.",
        "Have the vendor say yes or no, or map the column to what it is in a layout.",
    ),
    _flag(
        "phone.ambiguous",
        "The number can be read in two ways, as with a bogus plus or one left out; both were screened. The detail "
        "names the other one.",
        "Dial the number as the column shows it, or ask the vendor.",
    ),
    _flag(
        "phone.code_conflict",
        "The calling code in its own column is none, or contradicts the number, which was read by itself.",
        "Have the vendor say which of the two is right.",
    ),
    _flag(
        "phone.unusual_type",
        "The number's type (toll-free, shared cost, UAN ...) is unusual for a person.",
        "Set [phone_types] of the campaign to allow or block it.",
    ),
    _flag(
        "email.domain_typo",
        "The address's domain looks like a slip of a well-known one, which the detail names. Nothing was changed.",
        "Ask the vendor, or check it before you write.",
    ),
    _flag(
        "email.mx_not_checked",
        "The mail servers of the domain gave no answer (--check-mx): whether it receives mail is not known.",
        "Run again later.",
    ),
    _flag(
        "email.role",
        "The address belongs to a role (info@, sales@), not to a person.",
        "Mail it only as business to business.",
    ),
    _flag(
        "row.short",
        "The row has fewer cells than the table has columns; those at its end were taken for empty.",
        "Nothing to do if the vendor's program leaves out empty cells.",
    ),
    _flag(
        "phone.extension",
        "The number has an extension; E.164 has no place for it, so the detail names it.",
        "Dial the extension after the number.",
    ),
    _flag(
        "phone.repaired",
        "The number was repaired; only one reading was possible. The detail names the repair.",
        "Nothing to do.",
    ),
    _flag(
        "email.repaired",
        "The address was repaired; only one reading was possible. The detail names the repair.",
        "Nothing to do.",
    ),
    _flag(
        "consent.future",
        "The consent is dated after the day of the run.",
        "Ask the vendor for the true date and its proof; a consent that is still to come is none.",
    ),
    _flag(
        "consent.after_delivery",
        "The consent is dated after the lead was delivered.",
        "Ask the vendor for the true date and its proof; nobody can deliver a lead before it exists.",
    ),
    _flag(
        "review.released",
        "A person who reviewed the row released it, on evidence, from a finding that asks for a review.",
        "The detail has the finding, who decided when, and on what evidence.",
    ),
    _flag(
        "call.not_today",
        "No hour of the campaign day is allowed for calls and texts. The detail names the rule and the next day.",
        "Call on the day that the detail names.",
    ),
    _flag(
        "call.hours_unknown",
        "When the lead may be called or texted is not known, or not for each place where the person may be.",
        "Have counsel say which hours hold there; a pack of the workspace can give them ([[hours]]).",
    ),
    _flag(
        "row.unread_value",
        "A date or yes/no value could not be read with certainty and was left out; it is kept in extra.",
        "Send dates as YYYY-MM-DD.",
    ),
)


def _by_code() -> dict[str, ReasonCode]:
    found: dict[str, ReasonCode] = {}
    for reason in _REGISTER:
        if reason.code in found:
            raise AssertionError(f"reason code registered twice: {reason.code}")
        found[reason.code] = reason
    return found


#: Every code, in order of precedence.
CODES: dict[str, ReasonCode] = _by_code()
#: Position in the order of precedence; the smallest wins.
PRECEDENCE: dict[str, int] = {code: position for position, code in enumerate(CODES)}


def with_rules(rejecting: Iterable[ReasonCode], others: Iterable[ReasonCode]) -> dict[str, ReasonCode]:
    """Return the register with the rules of a run in their places.

    What speaks against the whole list comes first of all that is about people (``rejecting``), then our own lists, then
    the other rules that block, then the data; what a person may release comes after everything that blocks.
    """
    rules = list(others)
    placed: dict[str, ReasonCode] = {}
    for code, reason in CODES.items():
        if code == _FIRST_OF_PEOPLE:
            placed |= {rule.code: rule for rule in rejecting}
        elif code == _FIRST_REVIEW:
            placed |= {rule.code: rule for rule in rules if rule.effect == "review"}
        placed[code] = reason
        if code == _LAST_OF_LISTS:
            placed |= {rule.code: rule for rule in rules if rule.effect == "block"}
    return placed | {rule.code: rule for rule in rules if rule.effect == "flag"}


_FIRST_OF_PEOPLE, _LAST_OF_LISTS, _FIRST_REVIEW = "dnc.internal", "list.match", "unread.country"


def reason_code(code: str) -> ReasonCode:
    """Look a code up; a wrong one raises `UsageError` with the nearest right one."""
    if code not in CODES:
        raise UsageError(f"There is no reason code '{code}'.", did_you_mean(code, CODES))
    return CODES[code]

"""Every format, in the order in which they are tried on a file: what says most of itself comes first."""

from __future__ import annotations

from typing import Final

from schemas.errors import ListError, UsageError
from schemas.support.names import did_you_mean
from suppression.formats.change import FTC_CHANGE
from suppression.formats.esp import KLAVIYO, MAILUP, SENDGRID
from suppression.formats.esp_sections import HUBSPOT, MAILCHIMP
from suppression.formats.flat import CANADA_CSV, FTC_FLAT
from suppression.formats.format import Format
from suppression.formats.hashes import CALIFORNIA_DROP, HEX_HASHES
from suppression.formats.lines import DOMAINS, PLAIN
from suppression.formats.litigators import LITIGATORS
from suppression.formats.registry_xml import CANADA_XML, FTC_XML
from suppression.formats.sample import Sample
from suppression.formats.tables import CSV
from suppression.formats.tps import UK_TPS
from suppression.formats.wash_results import REASSIGNED, WASH

FORMATS: Final = (
    CANADA_XML,
    FTC_XML,
    # The flat file before the change file, which is a flat file with more on each line.
    FTC_FLAT,
    CANADA_CSV,
    FTC_CHANGE,
    # By the look of whole lines.
    UK_TPS,
    CALIFORNIA_DROP,
    HEX_HASHES,
    # By the header, from the most particular to any.
    HUBSPOT,
    MAILCHIMP,
    MAILUP,
    KLAVIYO,
    SENDGRID,
    REASSIGNED,
    WASH,
    LITIGATORS,
    CSV,
    # What has neither layout nor header.
    DOMAINS,
    PLAIN,
)
_BY_NAME: Final = {made.name: made for made in FORMATS}
if len(_BY_NAME) < len(FORMATS):
    raise RuntimeError("two list formats have one name")


def format_named(name: str) -> Format:
    """Look a format up. Raises `UsageError` with the nearest right name when there is none."""
    if name in _BY_NAME:
        return _BY_NAME[name]
    raise UsageError(f"There is no list format '{name}'.", did_you_mean(name, _BY_NAME))


def detect(sample: Sample) -> Format:
    """Return the first format that recognises a file. Raises `ListError` when none does: nothing is guessed."""
    options = sample.options
    if options.change_layout is not None:
        return FTC_CHANGE
    if options.column is not None or options.headerless:
        return CSV
    if not sample.lines:
        # An area code without numbers is an empty file in its registry's zip.
        return PLAIN
    found = next((made for made in FORMATS if made.detect(sample)), None)
    if found is None:
        raise ListError(
            f"List '{sample.names[0]}' has a layout that no format is known to have.",
            f"Name the format ({', '.join(_BY_NAME)}), or the column that holds the entries.",
        )
    return found

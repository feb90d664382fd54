"""Puts hints that were written for other commands into the words of a night, which has few options of its own."""

from __future__ import annotations

import re
from typing import Final

#: What a night takes from a file, where another command has an option for it. ``{vendor}`` is the drop's.
SETTINGS: Final = {
    "--sheet": "sheet in [layout] of vendors/{vendor}.toml",
    "--layout": "[layout] of vendors/{vendor}.toml",
    "--region": "region in vendors/{vendor}.toml or the campaign",
    "--campaign": "campaign in vendors/{vendor}.toml",
    "--channel": "channels in the campaign",
    "--rules": "packs in [rules] of the campaign",
    "--list": "[[lists]] or store_lists in the campaign",
    "--dnc": "[[lists]] in the campaign",
    "--internal": "[[lists]] in the campaign",
    "--unsubscribe": "[[lists]] in the campaign",
    "--no-lists": "no_lists = true in the campaign",
    "--list-hash": "hash in [[lists]] of the campaign",
    "--list-column": "column in [[lists]] of the campaign",
    "--max-refused": "max_refused in [[lists]] of the campaign",
    "--accept-refused": "max_refused = 1 in [[lists]] of the campaign",
    "--max-reject-rate": "max_reject_rate in the campaign",
    "--store": "the workspace's folder store/",
    "--workspace": "the workspace",
    "--ledger": "[ledger] in leadscrub.toml",
    "--allow-stale": "--allow-stale of 'leadscrub scrub', by hand",
    "--accept-weaker": "--accept-weaker of 'leadscrub scrub', by hand",
    "--max-age": "--max-age of 'leadscrub scrub', by hand",
    "--threads": "the machine's number of cores",
    "--as-of": "--as-of",
    "--vendor": "--vendor",
    "--accept-drift": "--accept-drift",
    "--accept-held": "--accept-held",
    "--dry-run": "--dry-run",
}
#: Words with several options, or with one that takes a word of its own, and what they are at night.
_PHRASES: Final = {
    "(--dnc, --internal, --unsubscribe, --list, --store, or in the campaign)": (
        "([[lists]] or store_lists in the campaign, or the workspace's folder store/)"
    ),
    "with --region US (or 'region' in the campaign, vendor or layout)": "with region in the campaign, vendor or layout",
    "with --region, or 'region' in the campaign, vendor or layout": "with region in the campaign, vendor or layout",
    "in the campaign's [rules] or with --rules": "in the campaign's [rules]",
    "with --region none": "with no_region = true in the campaign",
    "--max-refused SHARE (in TOML max_refused = SHARE)": "max_refused = SHARE in [[lists]] of the campaign",
    "--state TX (in TOML state)": "state in [[lists]] of the campaign",
    "with --list KIND:NAME=FILE": "in [[lists]] of the campaign",
}
#: Sentences that say nothing at night: it decides itself where results stand.
_NOT_AT_NIGHT: Final = re.compile(r"[^.]*--force[^.]*\.\s*")
_OPTION: Final = re.compile(r"(?<![\w'-])--[a-z][a-z-]+(?: [A-Z][A-Z:=|]+\b)?")


def at_night(sentence: str, vendor: str) -> str:
    """Name the setting where a hint names an option that ``leadscrub nightly`` has not."""
    without = re.sub(r"(?<=\S) {2,}", " ", _NOT_AT_NIGHT.sub(" The next pass does it again. ", sentence)).strip()

    def setting(found: re.Match[str]) -> str:
        option = found[0].partition(" ")[0]
        return SETTINGS.get(option, found[0]).format(vendor=vendor)

    for phrase, at_work in _PHRASES.items():
        without = without.replace(phrase, at_work)
    return _OPTION.sub(setting, without)

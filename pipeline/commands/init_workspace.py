"""Makes a workspace with commented examples."""

from __future__ import annotations

from pathlib import Path

from pipeline.terminal import print_lines
from schemas.errors import OutputError
from schemas.support.places import refuse_links

#: Every file of a new workspace, by its path.
EXAMPLES = {
    "leadscrub.toml": """\
# This folder is a leadscrub workspace. Campaigns, vendors and layouts are found below it.

# What is remembered between runs: which drops came, what was bought before, and from whom first.
# [ledger]                            # SQLite: ledger/ledger.db
# url = "postgresql://host/name"      # for several machines; the password comes from ~/.pgpass or PGPASSWORD
# history = "ledger/history"          # machines that share a ledger share this folder

# What 'leadscrub nightly' does, which takes the drops of all vendors that name a campaign.
# [nightly]
# inboxes = ["/srv/sftp/example"]     # folders elsewhere that may be inboxes: files are moved away from there
# settle_seconds = 120                # how long a drop without .done or checksum file must stay unchanged
# give_up_hours = 24                  # then an empty drop, or one with a wrong checksum, goes to quarantine
# quarantine_after = 2                # passes in which a drop fails on its own, until it goes to quarantine
# drop_minutes = 240                  # then a drop that is not done has failed
# share = true                        # machines do a night together here; the ledger is in PostgreSQL
# lease_seconds = 300                 # then another machine takes over a drop from one that does not go on
# hook = ["mail", "-s", "leadscrub", "ops@example.com"]   # gets the summary on its input
# hook_on = "trouble"                 # or always
# hook_seconds = 60                   # then the hook is ended
# metrics = "leadscrub.prom"          # gets the figures of each pass, as OpenMetrics text

# Where a catalogue hears what was read and written, as OpenLineage events. They hold nobody's data.
# [lineage]
# url = "https://lineage.example.com" # or file = "lineage.jsonl", or both
# namespace = "leads"

# What fetching over a network does only where it is said.
# [remote]
# plain_http = ["minio.lan:9000"]     # hosts that may be asked over http://, S3 endpoints too
# redirects = ["files.example.net"]   # hosts to which an https:// URL may lead on

# Where machines that do not share this folder share its lists: pulled before each night and each scrub.
# [store]
# shared = "s3://our-bucket/lists"    # or a folder of a mount

# How much a file of a drop or a list may hold. What holds more is refused, and the message names the limit.
# [limits]
# max_unpacked_gb = 64                # what an archive or a table may unpack to
# max_ratio = 200                     # that size divided by the packed one, beyond 256 MB
# max_members = 10000                 # files in an archive
# max_rows = 5000000                  # records of a table; no limit when not said
# max_columns = 4096
# max_record_mb = 4                   # length of a record
# max_sheets = 256                    # sheets of a workbook
# max_nesting = 32                    # lists and objects in one another in a cell
# max_memory_gb = 4                   # of the process that reads a workbook, Parquet or Arrow
# max_minutes = 20                    # of processor time of that process
""",
    "campaigns/example.toml": """\
# A campaign: who contacts, how, and against which lists.
#   leadscrub scrub DROP -o OUT --campaign campaigns/example.toml --vendor example
name = "example"
entity = "Example Company"          # who calls; the manifest shows it
# san = "00000000-00000-00"         # your subscription account number at the registry
channels = ["call", "email"]        # call, text, email, post
region = "US"                       # where a number without + belongs
# max_reject_rate = 0.4             # exit 6 when more than this share is rejected
# treat_as_real = ["nanp-555-01xx", "example.com"]   # only for demonstrations

[dedupe]
# keys = ["phone", "email"]         # default: phone for call and text, email for email
policy = "first"                    # or newest_consent
# email_folds = ["plus", "dots", "aliases"]   # jo+x@, Gmail's dots, a provider's other domains are one mailbox
# history = "block"                 # or flag, off: bought from the same vendor before (needs a ledger)
# cross_vendor = "block"            # or flag, off: another vendor was first
# history_days = 90                 # only what was received in so many days before; for ever when not said

# What becomes of each type of number: allow, flag or block. What is not named keeps its default.
# [phone_types]
# toll_free = "block"
# shared_cost = "allow"

# The day on which the leads are called and texted, for their calling windows; the day of the run unless given.
# [calling]
# day = 2026-11-23

# The law to apply. Without packs the run says that the law was not checked. See: leadscrub rules list
[rules]
# packs = ["us", "fr"]              # or ["all"]

# What rules need to know about us. A fact that is not declared counts against contact.
[evidence]
# country = "US"                    # where we are
# dialling = "live"                 # or automated
# texting = "manual"                # or automated
# dealt_with_us = true              # purchases and inquiries of the list were with us
# product_class = []                # none of the goods that have rules of their own
# purposes = ["marketing"]          # as named in consents
# sender_identified = true
# optout_offered = true
# lia = "LIA-2026-04"               # our legitimate-interests assessment
# passes_on = "none"                # what becomes of the result: none, processor, partner or sale
# destination_country = "US"        # where it goes

# Lists, read for each run. Files are relative to this folder.
# kind: dnc.national dnc.state dnc.internal dnc.litigator phone.reassigned email.unsubscribed email.bounced
#       email.complained email.domain_suppressed email.wireless_domain sale.opted_out list.<your own>
#
# [[lists]]
# kind = "dnc.internal"
# name = "ours"
# file = "../lists/do-not-contact.csv"
# column = "number"                 # only where the header does not say
# columns = { number = "Tel", date = "Listed", severity = "Level" }   # or by role
#
# [[lists]]
# kind = "email.unsubscribed"
# name = "partner"
# file = "../lists/partner-md5.txt"
# hash = "trim+lower+md5"           # how the partner made its hashes
""",
    "vendors/example.toml": """\
# A vendor: who sells, and how its files look.
name = "example"
# region = "US"
# price = 2.50                      # of one lead
# currency = "USD"

# What may go back, by when, how much, in the vendor's words. See: leadscrub returns
# [returns]
# window = "14d"                    # from receipt: 72h, 14d (of 24 hours), 10bd (business days)
# time_zone = "America/New_York"    # where business days, weeks and months begin; UTC
# holidays = [2026-12-25]           # of a window in business days
# cap_percent = 10                  # of what was received; without it there is no cap
# cap_per = "month"                 # or week, drop
# cap_by = "all"                    # or state
# format = "csv"                    # or xlsx
# columns = ["Email", "Phone"]      # of the vendor's own file; without it, all
# key = "Lead ID"                   # the vendor's lead ids, unique over all its drops
# key_column = "lead_id"            # what the vendor wants to read above them, and above the reason
# reason_column = "reason"
# deliver_to = "returns/example"    # a folder, or sftp://user@host/folder
# [returns.reasons]                 # our reason, or the beginning of several = the vendor's words
# "phone.*" = "BAD NUMBER"
# "duplicate.in_drop" = "DUPE"
# "dnc.national" = "DNCC"

# Have 'leadscrub nightly' take its drops: for which campaign, and from where (inbox/example when not said).
campaign = "example"
# inbox = "sftp://example@sftp.example.com/outgoing"

# Where the list comes from; what is not declared is for review when rules apply.
# [evidence]
# source_type = "purchased"         # own_site, inbound, own_customers, purchased, partner, public_directory, …
# origin = "Example survey site"
# custody = "clean"
# [evidence.promises]               # what each of the seller's documents says: none or bars_resale
# privacy_policy = "none"
# [[evidence.attestations]]
# releases = "vendor.nda"
# by = "Jo Doe, counsel"
# on = 2026-11-01
# says = "The agreement does not cover this list."

# Where detection is wrong. These settings always win.
# [layout]
# delimiter = ";"
# encoding = "windows-1252"
# sheet = ["Leads"]                 # sheets of a workbook; all visible ones
# fields = [{name = "phone", start = 1, width = 10}]   # text with fields at fixed places, in place of a header
# ignore = ["Internal note"]        # columns that are never mapped
# [layout.columns]                  # field of a lead = column of the file
# phone = "Telephone (day)"
# phone_code = "CC"                 # calling code of the phone, in a column of its own (phone_2_code ...)
# email = "Contact"
""",
    "layouts/example.toml": """\
# A layout of its own, for --layout example. The same keys as [layout] of a vendor.
# delimiter = "|"
# [columns]
# phone = "NUM"
""",
}


def make_workspace(folder: Path) -> None:
    """Write the examples; files that exist are kept. Raises `OutputError` when the folder cannot be written."""
    for name in ("inbox/example", *EXAMPLES):
        refuse_links(folder / name, folder)
    try:
        (folder / "inbox" / "example").mkdir(parents=True, exist_ok=True)
        for name, text in EXAMPLES.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists():
                print_lines(f"kept   {path}")
            else:
                path.write_text(text, encoding="utf-8")
                print_lines(f"wrote  {path}")
    except OSError as error:
        raise OutputError(f"'{folder}' cannot be written: {error.strerror}.", "Choose another folder.") from error
    print_lines(f"Next: leadscrub scrub DROP -o OUT --campaign {folder}/campaigns/example.toml")

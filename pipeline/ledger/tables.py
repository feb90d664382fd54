"""The ledger's tables. Instants are UTC, as text in ISO form that sorts as time does; hashes are hexadecimal.

``sequence`` orders the drops of a ledger: who delivered first has the lower number. It is given when a drop is seen
complete, and never changes, so that a run that is done again judges by the same past.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnElement,
    Date,
    DateTime,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    UniqueConstraint,
    func,
)

#: Raised with every change of the tables; a ledger of another version is refused.
LEDGER_VERSION = 3

metadata = MetaData()

facts = Table(
    "facts",
    metadata,
    Column("name", String, primary_key=True),
    Column("value", String, nullable=False),
)

#: Each content that a vendor delivered, once. ``state``: taken, done, quarantined.
drops = Table(
    "drops",
    metadata,
    Column("vendor", String, primary_key=True),
    Column("sha256", String, primary_key=True),
    Column("sequence", Integer, nullable=False, unique=True),
    Column("name", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("received_at", String, nullable=False),
    Column("state", String, nullable=False),
    Column("run_id", String),
    Column("kept_at", String, doc="where the raw drop is now: archive or quarantine; null when it was deleted"),
    Column("message", String, doc="why it is in quarantine"),
)

#: Each file that was seen in an inbox, also one that had come before. ``outcome``: new, again.
arrivals = Table(
    "arrivals",
    metadata,
    Column("arrival", Integer, primary_key=True, autoincrement=True),
    Column("vendor", String, nullable=False),
    Column("place", String, nullable=False, doc="path or URL without user and query"),
    Column(
        "mark", String, nullable=False, doc="what distinguishes the file from a later one in its place: size, times"
    ),
    Column("sha256", String, nullable=False),
    Column("bytes", BigInteger, nullable=False),
    Column("seen_at", String, nullable=False),
    Column("outcome", String, nullable=False),
    UniqueConstraint("vendor", "place", "mark"),
)

#: Each finished run. ``state``: done, replaced (the same drop was scrubbed again), emptied (its outputs were removed,
#: what it let through is still known), deleted (that too). Done and emptied runs are the past of later drops.
runs = Table(
    "runs",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("vendor", String, nullable=False),
    Column("campaign", String, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("received_at", String, nullable=False),
    Column("sequence", Integer, nullable=False, doc="of the drop; of several, the first"),
    Column("recorded_at", String, nullable=False),
    Column("out", String, nullable=False),
    Column("read", BigInteger, nullable=False),
    Column("clean", BigInteger, nullable=False),
    Column("rejected", BigInteger, nullable=False),
    Column("review", BigInteger, doc="rejected rows that a person may release; null: of a run before version 2"),
    Column("valid_until", Date, doc="the earliest of the clean rows; null when nothing ages"),
    Column("manifest_sha256", String, nullable=False),
    Column("past", String, doc="hash of the runs that it asked; null when it asked none"),
    Column("history_days", Integer, doc="how far back it asked; null for ever"),
    Column("state", String, nullable=False),
)

run_drops = Table(
    "run_drops",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("sha256", String, primary_key=True),
)

#: Rows of a run by primary reason.
run_reasons = Table(
    "run_reasons",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("code", String, primary_key=True),
    Column("rows", BigInteger, nullable=False),
)

#: With whom a run's leads overlap: rows of it that a vendor (perhaps the same) had sold before.
run_overlaps = Table(
    "run_overlaps",
    metadata,
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
    Column("earlier_vendor", String, primary_key=True),
    Column("rows", BigInteger, nullable=False),
)

#: Files of the contact history: the points that runs let through. One that was merged into another is retired, and
#: stays for those who are reading it.
segments = Table(
    "segments",
    metadata,
    Column("file", String, primary_key=True, doc="name in the history folder: its content's hash"),
    Column("bytes", BigInteger, nullable=False),
    Column("points", BigInteger, nullable=False),
    Column("owners", Integer, nullable=False, doc="how many runs have points in it"),
    Column("retired_at", String),
)

segment_runs = Table(
    "segment_runs",
    metadata,
    Column("file", ForeignKey("segments.file"), primary_key=True),
    Column("run_id", ForeignKey("runs.run_id"), primary_key=True),
)

#: Clean rows of a run that were scrubbed again.
rescrubs = Table(
    "rescrubs",
    metadata,
    Column("run_id", String, primary_key=True, doc="of the new run"),
    Column("earlier_run_id", String, nullable=False),
    Column("as_of", Date, nullable=False),
    Column("recorded_at", String, nullable=False),
    Column("out", String, nullable=False, doc="empty when retention removed it"),
    Column("manifest_sha256", String, nullable=False),
    Column("clean", BigInteger, nullable=False),
    Column("valid_until", Date),
)

#: Files of returns. ``state``: written; sending (complete at its destination under a temporary name, and renamed there
#: by now or not); delivered.
return_files = Table(
    "return_files",
    metadata,
    Column("file", String, primary_key=True, doc="name of the file: vendor, day and the hash of what it returns"),
    Column("vendor", String, nullable=False),
    Column("made_at", String, nullable=False),
    Column("rows", Integer, nullable=False),
    Column("credit", Float, doc="in the vendor's currency; null where no price was agreed"),
    Column("sha256", String, nullable=False),
    Column("state", String, nullable=False),
    Column("destination", String),
    Column("temporary", String, doc="name at the destination while the state is sending"),
    Column("delivered_at", String),
)

#: Rows that went back. A vendor's key, and a row of the same content, goes back once, in whatever run it is. Both
#: are keyed hashes (see `returns_key`), and are kept until the window of their run has closed: `returned_counts` then.
returned_rows = Table(
    "returned_rows",
    metadata,
    Column("vendor", String, primary_key=True),
    Column("key", String, primary_key=True, doc="hash of the vendor's lead id, or of the original row without one"),
    Column("content", String, nullable=False, doc="hash of the original row, and of how often it occurred before"),
    Column("run_id", String, nullable=False),
    Column("row_id", BigInteger, nullable=False),
    Column("reason", String, nullable=False),
    Column("state_code", String, nullable=False, doc="the lead's state, by which a cap may count; empty: none"),
    Column("file", ForeignKey("return_files.file"), nullable=False),
    UniqueConstraint("run_id", "row_id"),
    UniqueConstraint("vendor", "content"),
)

#: How many rows of a run went back in a file, once their window has closed and nothing of them is kept.
returned_counts = Table(
    "returned_counts",
    metadata,
    Column("run_id", String, primary_key=True),
    Column("state_code", String, primary_key=True),
    Column("file", String, primary_key=True),
    Column("vendor", String, nullable=False),
    Column("rows", BigInteger, nullable=False),
)

#: What retention has begun to remove, entered before anything is touched: due until it is gone and in `deletions`.
deleting = Table(
    "deleting",
    metadata,
    Column("what", String, primary_key=True),
    Column("subject", String, primary_key=True),
    Column("path", String, primary_key=True, doc="file or folder; empty where nothing is on disk"),
    Column("vendor", String, nullable=False),
    Column("since", Date, nullable=False),
)

#: What retention removed: never what was in it.
deletions = Table(
    "deletions",
    metadata,
    Column("deletion", Integer, primary_key=True, autoincrement=True),
    Column("what", String, nullable=False, doc="raw drop, result, returns or history"),
    Column("subject", String, nullable=False, doc="run id, or name of the file"),
    Column("vendor", String),
    Column("deleted_at", String, nullable=False),
    Column("because", String, nullable=False),
)

#: What each block of the order of receipt adds to the past of later drops (see `history_past`).
past_blocks = Table(
    "past_blocks",
    metadata,
    Column(
        "block", Integer, primary_key=True, doc="number of the first sequence in it, divided by the size of a block"
    ),
    Column("runs", Integer, nullable=False),
    Column("digest", String, nullable=False),
)

#: Which pass is at work on what, where machines share the ledger (`leases`). Moments are those of the server's clock.
#: The order of receipt is that of ``arrived``, vendor and place; what is scrubbed again comes before all that is new.
leases = Table(
    "leases",
    metadata,
    Column("vendor", String, primary_key=True),
    Column("place", String, primary_key=True, doc="as in arrivals; empty for a drop of the archive"),
    Column("mark", String, primary_key=True, doc="as in arrivals; the content of a drop of the archive"),
    Column("token", String, nullable=False, unique=True, doc="of whoever took it last; he alone may change the ledger"),
    Column("holder", String, nullable=False, doc="machine and process, for people"),
    Column("home", String, nullable=False, doc="workspace of one machine alone; empty where machines share it"),
    Column("arrived", Float(53), nullable=False),
    Column("sha256", String, doc="once the content is known"),
    Column("sequence", Integer, doc="its place in the order, once it has one"),
    Column("settled", Boolean, nullable=False, doc="later drops need not wait for it"),
    Column("expires_at", DateTime(timezone=True), nullable=False),
    Column("ended_at", DateTime(timezone=True), doc="null while it is held"),
)


def run_is_of(vendor: str) -> ColumnElement[bool]:
    """Whether a run is of a vendor, where something better than the vendor finds it: no index is used for this."""
    return func.coalesce(runs.c.vendor, "") == vendor


# What a drop asks of the ledger costs the same however many there were before: each question has its index.
Index("runs_by_vendor", runs.c.vendor, runs.c.as_of)
Index("runs_by_sequence", runs.c.sequence)
Index("drops_by_state", drops.c.state)
Index("drops_by_receipt", drops.c.received_at)
Index("arrivals_by_content", arrivals.c.vendor, arrivals.c.sha256)
Index("run_drops_by_content", run_drops.c.sha256)
Index("segments_by_retirement", segments.c.retired_at)
Index("segment_runs_by_run", segment_runs.c.run_id)
Index("returned_by_file", returned_rows.c.file)
Index("leases_by_end", leases.c.ended_at)
Index("returned_counts_by_vendor", returned_counts.c.vendor)

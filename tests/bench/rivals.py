"""What a team would otherwise run on the same drop and lists, each as its own process.

    python -m tests.bench.rivals polars DROP.csv OUT
    python -m tests.bench.rivals usual DROP.csv OUT --lists FOLDER
    python -m tests.bench.rivals duckdb DROP.csv OUT --lists FOLDER

`polars` copies the file and checks nothing: the yardstick. `usual` is the script most teams have: right about
numbers and addresses, row by row. `duckdb` is the fast script: whole columns, but ten digits and a pattern
stand for a valid contact point, foreign numbers become wrong American ones, and a rejected row carries no
reason.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

Counts = dict[str, int]


def polars_copy(drop: Path, out: Path, lists: Path | None = None) -> Counts:
    """Copy the CSV to Parquet as strings; `lists` is not used."""
    import polars as pl

    out.mkdir(parents=True, exist_ok=True)
    pl.scan_csv(drop, infer_schema=False).sink_parquet(out / "copy.parquet")
    return {"read": pl.scan_parquet(out / "copy.parquet").select(pl.len()).collect().item()}


@dataclass(slots=True)
class _Usual:
    """The sets of the usual script, and how it asks about one phone or email."""

    no_call: set[str] = field(default_factory=set)
    no_mail: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)

    def phone(self, text: str, region: str) -> str | None:
        """E.164 of a valid number."""
        import phonenumbers

        try:
            number = phonenumbers.parse(text, region)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
            return None
        return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)

    def email(self, text: str) -> str | None:
        """Normal form of a valid address."""
        from email_validator import EmailNotValidError, validate_email

        try:
            return validate_email(text.strip(), check_deliverability=False).normalized.lower()
        except EmailNotValidError:
            return None

    def load(self, lists: Path) -> None:
        """Read the three lists."""
        with (lists / "dnc.txt").open(encoding="utf-8") as file:
            self.no_call.update("+1" + line.strip().replace(",", "") for line in file)
        with (lists / "internal.txt").open(encoding="utf-8") as file:
            for line in file:
                entry = self.email(line) if "@" in line else self.phone(line, "US")
                if entry:
                    (self.no_mail if "@" in entry else self.no_call).add(entry)
        with (lists / "unsubscribe.csv").open(encoding="utf-8", newline="") as file:
            for record in csv.DictReader(file):
                if address := self.email(record["email"]):
                    self.no_mail.add(address)

    def reasons(self, row: dict[str, str]) -> list[str]:
        """Normalise the contact cells of `row` in place; return why it is rejected, if it is."""
        region = row["country"].strip() or "US"
        phones = [self.phone(row[name], region) if row[name] else None for name in ("phone", "phone_2")]
        email = self.email(row["email"]) if row["email"] else None
        row["phone"], row["phone_2"], row["email"] = phones[0] or "", phones[1] or "", email or ""
        keys = {key for key in (phones[0], email) if key}
        reasons = []
        if not keys:
            reasons.append("no valid phone or email")
        if any(phone in self.no_call for phone in phones):
            reasons.append("do not call")
        if email in self.no_mail:
            reasons.append("unsubscribed")
        if not reasons:
            if keys & self.seen:
                reasons.append("duplicate")
            self.seen |= keys
        return reasons


def usual_script(drop: Path, out: Path, lists: Path) -> Counts:
    """Row by row: csv, phonenumbers, email-validator, Python sets."""
    out.mkdir(parents=True, exist_ok=True)
    counts = {"read": 0, "clean": 0, "rejected": 0}
    script = _Usual()
    script.load(lists)
    with (
        drop.open(encoding="utf-8", newline="") as source,
        (out / "clean.csv").open("w", encoding="utf-8", newline="") as clean_file,
        (out / "rejected.csv").open("w", encoding="utf-8", newline="") as rejected_file,
    ):
        reader = csv.DictReader(source)
        names = list(reader.fieldnames or [])
        clean = csv.DictWriter(clean_file, names)
        rejected = csv.DictWriter(rejected_file, [*names, "reasons"])
        clean.writeheader()
        rejected.writeheader()
        for row in reader:
            counts["read"] += 1
            reasons = script.reasons(row)
            if reasons:
                counts["rejected"] += 1
                rejected.writerow({**row, "reasons": "; ".join(reasons)})
            else:
                counts["clean"] += 1
                clean.writerow(row)
    return counts


_MACROS = r"""
CREATE MACRO digits(t) AS regexp_replace(t, '[^0-9]', '', 'g');
CREATE MACRO phone_of(t) AS CASE WHEN length(digits(t)) >= 10 THEN '+1' || right(digits(t), 10) END;
CREATE MACRO email_of(t) AS CASE WHEN regexp_full_match(lower(trim(t)), '[^@\s]+@[^@\s]+\.[a-z]{2,}')
                                 THEN lower(trim(t)) END;
"""
_LOAD_LEADS = """
CREATE TEMP TABLE leads AS
SELECT *, phone_of(phone) AS p1, phone_of(phone_2) AS p2, email_of(email) AS e
FROM read_csv(?, all_varchar = true, header = true, delim = ',', quote = '"', escape = '"');
"""
_LOAD_DNC = """
CREATE TEMP TABLE dnc AS SELECT '+1' || area || number AS p
FROM read_csv(?, header = false, delim = ',', columns = {'area': 'VARCHAR', 'number': 'VARCHAR'});
"""
_LOAD_INTERNAL = """
CREATE TEMP TABLE internal AS SELECT phone_of(entry) AS p, email_of(entry) AS e
FROM read_csv(?, header = false, delim = '\t', quote = '', columns = {'entry': 'VARCHAR'});
"""
_LOAD_UNSUBSCRIBED = """
CREATE TEMP TABLE unsubscribed AS SELECT email_of(email) AS e
FROM read_csv(?, all_varchar = true, header = true, delim = ',');
"""
_SCRUB = """
CREATE TEMP TABLE no_call AS SELECT p FROM dnc UNION ALL SELECT p FROM internal WHERE p IS NOT NULL;
CREATE TEMP TABLE no_mail AS SELECT e FROM unsubscribed UNION ALL SELECT e FROM internal WHERE e IS NOT NULL;
CREATE TEMP TABLE clean AS
WITH passed AS (
    SELECT l.rowid AS id, l.* FROM leads l
    ANTI JOIN no_call a ON l.p1 = a.p
    ANTI JOIN no_call b ON l.p2 = b.p
    ANTI JOIN no_mail c ON l.e = c.e
    WHERE l.p1 IS NOT NULL OR l.e IS NOT NULL
)
SELECT * FROM passed
QUALIFY row_number() OVER (PARTITION BY coalesce(p1, e) ORDER BY id) = 1;
"""


def duckdb_scrub(drop: Path, out: Path, lists: Path) -> Counts:
    """SQL: digits and a pattern, anti-joins, one row a phone (or email), two Parquet files."""
    import duckdb

    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("SET temp_directory = ?", [str(out / "spill")])
    con.execute(_MACROS)
    con.execute(_LOAD_LEADS, [str(drop)])
    con.execute(_LOAD_DNC, [str(lists / "dnc.txt")])
    con.execute(_LOAD_INTERNAL, [str(lists / "internal.txt")])
    con.execute(_LOAD_UNSUBSCRIBED, [str(lists / "unsubscribe.csv")])
    con.execute(_SCRUB)
    con.sql("SELECT * FROM clean").write_parquet(str(out / "clean.parquet"))
    con.sql("SELECT * FROM leads l ANTI JOIN clean c ON l.rowid = c.id").write_parquet(str(out / "rejected.parquet"))
    counted = con.sql("SELECT (SELECT count(*) FROM leads), (SELECT count(*) FROM clean)").fetchall()
    read, clean = counted[0]
    return {"read": read, "clean": clean, "rejected": read - clean}


RIVALS: Mapping[str, Callable[[Path, Path, Path], Counts]] = MappingProxyType(
    {"polars": polars_copy, "usual": usual_script, "duckdb": duckdb_scrub}
)


def main(argv: list[str] | None = None) -> int:
    """Run one of them; its counts go to stdout as JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.rivals", description=__doc__)
    parser.add_argument("name", choices=list(RIVALS))
    parser.add_argument("drop", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--lists", type=Path, help="folder of the three lists (default: the drop's)")
    args = parser.parse_args(argv)
    counts = RIVALS[args.name](args.drop, args.out, args.lists or args.drop.parent)
    sys.stdout.write(json.dumps(counts) + "\n")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

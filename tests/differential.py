"""Compares with the libraries on any number of made-up values: ``python -m tests.differential --phones 10000000``.

Phones: E.164, validity, region and type as `phonenumbers` itself says, wherever no damage is named. Emails: verdict and
normal form as `email-validator` says. And for both, that normalising twice is normalising once. Values are made up, so
disagreements are printed in full.
"""

from __future__ import annotations

import argparse
import functools
import itertools
import multiprocessing
import os
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import phonenumbers
import polars as pl
from email_validator import EmailNotValidError, validate_email
from phonenumbers import PhoneNumberFormat, PhoneNumberType

from schemas.contact.apply import apply_here
from schemas.contact.blank import trimmed
from schemas.contact.email import email_forms
from schemas.contact.marks import MARK_REMOVED, without_marks
from schemas.contact.numbering.answers import UNDECIDED
from schemas.contact.numbering.library import DECIMAL_REMOVED, SEVERAL, TOO_LONG, WORD, WORD_AHEAD
from schemas.contact.numbering.lookup import numbering, region_numbers
from schemas.contact.phone import read_phones
from schemas.contact.phone_points import phone_points, with_readings
from tests.schemas.test_email_values import made_up_addresses
from tests.schemas.test_numbering import near_edges
from tests.schemas.test_numbering_values import REGIONS, made_up_values

#: Values compared at once; each chunk has a seed of its own, so that any one can be made again by itself.
CHUNK = 20_000
#: Verdicts that are ours: the library would merge two numbers, or take a remark for digits.
OURS = {SEVERAL, WORD, WORD_AHEAD, TOO_LONG}
#: A spreadsheet's decimal zero, which is taken off before the library is asked.
_DECIMAL = re.compile(r"^(\+?\d{7,15})[.,]0+$")
_TYPES = {value: name.lower() for name, value in vars(PhoneNumberType).items() if name.isupper()}

Outcome = tuple[Counter[str], list[str]]


def library_phone(value: str, region: str | None) -> tuple[Any, ...]:
    """E.164, region and type as `phonenumbers` itself says; all None where it calls the value invalid."""
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return (None, None, None)
    if not phonenumbers.is_valid_number(number):
        return (None, None, None)
    return (
        phonenumbers.format_number(number, PhoneNumberFormat.E164),
        phonenumbers.region_code_for_number(number),
        _TYPES[phonenumbers.number_type(number)],
    )


def library_email(value: str) -> str | None:
    """Normal form as `email-validator` says, without DNS."""
    try:
        return validate_email(value, check_deliverability=False).normalized
    except EmailNotValidError:
        return None


@functools.cache
def _edges() -> dict[int, list[str]]:
    """National numbers next to where the answers of each plan change; made once a process."""
    return near_edges(numbering(), REGIONS)


def compare_phones(seed: int, count: int, edges: dict[int, list[str]] | None = None) -> Outcome:
    """Compare ``count`` values made from ``seed``; without ``edges``, those of all plans are made: it takes a while."""
    phonenumbers.enable_pattern_cache()
    made_up = itertools.islice(made_up_values(seed, REGIONS, _edges() if edges is None else edges), count)
    given, of = zip(*made_up, strict=True)
    pairs = [(text, region) for text, region in zip(_trimmed(given), of, strict=True) if text]
    values, regions = (pl.Series(column, dtype=pl.String) for column in zip(*pairs, strict=True))
    seen: Counter[str] = Counter()
    wrong = []
    tables = numbering()
    seen["phones decided by tables"] = int((tables.decide(values, region_numbers(regions)).answer != UNDECIDED).sum())
    read = read_phones(values, regions, apply_here)
    forms = read.frame()
    for (value, region), state, why, repair, *found in zip(
        pairs, *(forms.get_column(name) for name in ("state", "why", "repair", "e164", "region", "type")), strict=True
    ):
        seen["phones"] += 1
        seen[f"phones {state}"] += 1
        text = _DECIMAL.sub(r"\1", value)
        if (repair is not None and repair != DECIMAL_REMOVED) or state == "damaged" or why in OURS:
            # Written out, or held back: what the library says of the text itself is another question.
            seen["phones written out or held back before the library is asked"] += 1
        elif tuple(found) != library_phone(text, region):
            wrong.append(f"phone {value!r} in {region}: {found}, library {library_phone(text, region)}")
    points = with_readings(read, values, regions).frame().filter(pl.col("e164").is_not_null())
    seen["phones repaired"] = points.get_column("repair").count()
    seen["phones read in two ways"] = points.get_column("other").count()
    wrong += _again(points.get_column("e164"), lambda again: phone_points(again, _regions(seed, len(again))), "e164")
    return seen, wrong


def compare_emails(seed: int, count: int) -> Outcome:
    """Compare ``count`` addresses made from ``seed``."""
    values = [text for text in _trimmed(list(itertools.islice(made_up_addresses(seed), count))) if text]
    forms = email_forms(pl.Series(values, dtype=pl.String))
    seen: Counter[str] = Counter()
    wrong = []
    for value, state, normal, repair in zip(values, *forms.select("state", "normal", "repair"), strict=True):
        seen["emails"] += 1
        seen[f"emails {state}"] += 1
        library = library_email(without_marks(value))
        if "\ufffd" in value:
            # The library takes the mark of a lost character for a letter.
            seen["emails held back: a character was lost"] += 1
            agreed = state != "ok"
        elif repair is not None:
            seen["emails repaired"] += 1
            agreed = normal == library_email(normal) and (library is None or repair == MARK_REMOVED)
        else:
            agreed = normal == library
        if not agreed:
            wrong.append(f"email {value!r}: {state} {normal!r} {repair}, library {library!r}")
    wrong += _again(forms.get_column("normal").drop_nulls(), email_forms, "normal")
    return seen, wrong


def _again(once: pl.Series, read: Callable[[pl.Series], pl.DataFrame], column: str) -> list[str]:
    """Normalise what came out once more: it must stay as it is."""
    twice = read(once)
    changed = (twice.get_column(column).ne_missing(once)) | (twice.get_column("state") != "ok")
    return [f"{column} {value!r} does not stay as it is" for value in once.filter(changed) if not _library_s_own(value)]


def _library_s_own(e164: str) -> bool:
    """Whether `phonenumbers` does not read its E.164 form back, as of +375 810… with Belarus's national prefix."""
    if not e164.startswith("+"):
        return False
    read = phonenumbers.parse(e164, None)
    return phonenumbers.format_number(read, phonenumbers.PhoneNumberFormat.E164) != e164


def _regions(seed: int, count: int) -> pl.Series:
    return pl.Series(random.Random(seed).choices([*REGIONS, None], k=count), dtype=pl.String)


def _trimmed(values: Sequence[str]) -> list[str]:
    return pl.DataFrame({"v": values}).select(trimmed(pl.col("v"))).to_series().to_list()


def _work(job: tuple[Callable[[int, int], Outcome], int, int]) -> Outcome:
    compare, seed, count = job
    return compare(seed, count)


def run(phones: int, emails: int, seed: int, processes: int) -> Outcome:
    """Compare in several processes; returns the counts and every disagreement."""
    jobs = [
        (compare, seed + start, min(CHUNK, total - start))
        for compare, total in ((compare_phones, phones), (compare_emails, emails))
        for start in range(0, total, CHUNK)
    ]
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        for done, (more, disagreements) in enumerate(pool.imap_unordered(_work, jobs), start=1):
            seen += more
            wrong += disagreements
            sys.stderr.write(f"{done} of {len(jobs)} parts, {len(wrong)} disagreements\n")
    return seen, wrong


def report(seen: Counter[str], wrong: list[str]) -> Iterator[str]:
    """Lines to print: the counts, then every disagreement."""
    for name, count in sorted(seen.items()):
        yield f"{count:>12,}  {name}"
    yield f"{len(wrong):>12,}  disagreements"
    yield from wrong


def main() -> int:
    """Read the command line, compare, print; 1 when anything disagrees."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--phones", type=int, default=200_000)
    parser.add_argument("--emails", type=int, default=50_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    asked = parser.parse_args()
    began = time.perf_counter()
    seen, wrong = run(asked.phones, asked.emails, asked.seed, asked.processes)
    for line in report(seen, wrong):
        print(line)  # noqa: T201  # a command of the tests
    print(f"seed {asked.seed}, phonenumbers {phonenumbers.__version__}, {time.perf_counter() - began:.0f} s")  # noqa: T201
    return 1 if wrong else 0


if __name__ == "__main__":
    raise SystemExit(main())

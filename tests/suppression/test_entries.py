"""An entry that is there blocks its lead, or the run stops: each form of an entry, by a whole run."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from schemas.contact.apply import apply_here
from schemas.list_kinds import list_kind
from suppression.formats.options import Options
from suppression.lists import open_version
from suppression.loading import ListSpec, build_version
from tests.conftest import Scrub, Written
from tests.conftest import leadscrub as run

pytestmark = pytest.mark.slow

DROP = (
    "phone,email\n212-736-5000,\n212-736-5001,\n,ann@example.org\n,bob@example.org\n"
    "+44 20 7930 4832,\n+44 7911 123456,\n+1 202 555 0199,\n"
)
#: A list's text, and the rows of `DROP` that it blocks.
LISTS: dict[str, tuple[str, list[int]]] = {
    "several in an entry": ("ann@example.org, bob@example.org;212-736-5000 / 212-736-5001\n", [0, 1, 2, 3]),
    "words behind": ("2127365000 DO NOT CALL\n", [0]),
    "words before": ("do not call 212-736-5000\n", [0]),
    "brackets and dates": ("(212) 736-5000 [asked 2026-01-05]\n", [0]),
    "bullets and quotes": ("• “212-736-5000”\n* 'ann@example.org'\n", [0, 2]),
    "name and address": ("Ann Lee <ann@example.org>\n", [2]),
    "Excel's marks": ("'ann@example.org\n`bob@example.org\n=\"212-736-5000\"\n'212-736-5001\n", [0, 1, 2, 3]),
    "cells over several lines": (
        'email,phone,remark\nann@example.org,212-736-5000,"asked\nby phone, twice, angrily"\n,212-736-5001,x\n',
        [0, 1, 2],
    ),
    "several in a cell": (
        'name,phone\nAnn,"212-736-5000, 212-736-5001"\n',
        [0, 1],
    ),
    "a line break in a cell": ('name,phone\nAnn,"212-736-5000\n212-736-5001"\n', [0, 1]),
    "country column": ("phone,country\n07911 123456,GB\n020 7930 4832,United Kingdom\n212-736-5000,\n", [0, 4, 5]),
    "calling code column": ("calling code,phone\n44,2079304832\n1,2127365000\n", [0, 4]),
    "country column of calling codes": ("country_code,phone\n44,2079304832\n1,2127365000\n", [0, 4]),
    "country in other words": (
        "phone,Paese\n07911 123456,'44\n020 7930 4832,\uff27\uff22\n212-736-5000,\U0001f1fa\U0001f1f8\n",
        [0, 4, 5],
    ),
    "calling codes under any name": ("phone,Prefijo\n2079304832,+44\n2127365000,+1\n7911123456,0044\n", [0, 4, 5]),
    "country in the line": ("07911 123456,GB\n212-736-5000\n+1 212 736 5001\n", [0, 1, 5]),
    "broken quotes": ('phone,note\n"212-736-5000,x\n212-736-5001,"a" b\n', [0, 1]),
    "a cell too many": ("phone,note\n212-736-5000,a,b\n212-736-5001,c\n", [0, 1]),
}


def blocked(scrub: Scrub, written: Written, text: str, *options: str) -> list[int]:
    path = written("ours.csv", text)
    ran = scrub(DROP, "--list", f"dnc.internal:ours={path}", *options)
    assert ran.code == 0, ran.err
    return sorted({row for row, _, code in ran.found() if code == "dnc.internal"})


@pytest.mark.parametrize(("text", "rows"), LISTS.values(), ids=LISTS)
def test_every_form_of_an_entry_blocks(scrub: Scrub, written: Written, text: str, rows: list[int]) -> None:
    assert blocked(scrub, written, text) == rows


@pytest.mark.parametrize("junk", ["n/a", "12", "call her back", "—", "ann(at)example", "0000000000", "#REF!"])
def test_an_entry_without_a_point_stops_the_run(scrub: Scrub, written: Written, junk: str) -> None:
    path = written("ours.txt", f"212-736-5000\n{junk}\n")
    stopped = scrub(DROP, "--internal", path)
    assert stopped.code == 5
    assert "1 of 2 entries (50%) cannot be read and would block nobody" in stopped.err
    assert not stopped.folder.exists()
    ran = scrub(DROP, "--internal", path, "--max-refused", "ours=0.5")
    assert ran.code == 0
    assert "list ours: 1 of 2 entries not usable" in ran.err
    assert "see ours.txt:2" in ran.err


@pytest.mark.parametrize("country", ["Freedonia", "44-1", "GB/US"])
def test_an_entry_whose_country_cannot_be_read_is_not_one_of_the_region(
    scrub: Scrub, written: Written, country: str
) -> None:
    path = written("ours.csv", f"phone,country\n2127365000,US\n2127365001,{country}\n")
    stopped = scrub(DROP, "--internal", path)
    assert stopped.code == 5
    assert "1 of 2 entries (50%) cannot be read and would block nobody" in stopped.err
    assert "1 its country cannot be read (ours.csv:3" in stopped.err


def test_one_in_a_hundred_is_accepted_and_said(scrub: Scrub, written: Written) -> None:
    path = written("ours.txt", "".join(f"212-736-5{n:03}\n" for n in range(99)) + "call her back\n")
    ran = scrub(DROP, "--internal", path)
    assert ran.code == 0
    assert "list ours: 1 of 100 entries not usable (1 no number, address or domain); see ours.txt:100" in ran.err


def test_the_share_is_set_in_toml(scrub: Scrub, written: Written) -> None:
    written("ours.txt", "212-736-5000\ncall her back\n")
    campaign = written(
        "campaign.toml",
        'channels = ["call", "email"]\nregion = "US"\n'
        '[[lists]]\nkind = "dnc.internal"\nname = "ours"\nfile = "ours.txt"\nmax_refused = 0.5\n',
    )
    drop, out = written("drop.csv", DROP), campaign.parent / "out"
    scrubbing = ("scrub", drop, "-o", out, "--campaign", campaign)
    assert run(*scrubbing).code == 0
    campaign.write_text(campaign.read_text().replace("0.5", "0.4"))
    assert run(*scrubbing, "--force").code == 5


def test_an_unknown_answer_keeps_a_number_on_the_list(scrub: Scrub, written: Written) -> None:
    text = "number,status\n2127365000,Accepted\n2127365001,Accept?\n2127365002,Accepted\n2127365003,Refused\n"
    path = written("wash.csv", text)
    ran = scrub(DROP, "--list", f"dnc.national:wash={path}")
    assert [row for row, _, code in ran.found() if code == "dnc.national"] == [1]


def test_a_copy_from_the_future_is_refused(written: Written) -> None:
    path = written("ours.txt", "212-736-5000\n")
    store = path.parent / "store"
    adding = ("lists", "add", "ours", path, "--kind", "dnc.internal", "--region", "US", "--store", store)
    refused = run(*adding, "--as-of", "2999-01-01")
    assert (refused.code, "--as-of 2999-01-01 is in the future" in refused.err) == (2, True)
    assert run(*adding, "--as-of", "2026-01-01").code == 0


def test_a_list_of_the_run_has_a_date_of_its_own(scrub: Scrub, written: Written) -> None:
    path = written("dnc.txt", "212-736-5000\n")
    undated = scrub(DROP, "--dnc", path)
    assert "list dnc: nobody said how old this copy of a public register is" in undated.err
    (used,) = undated.manifest["lists"]
    assert (used["dated_by"], used["valid_until"]) == ("nobody: its age is not known", used["as_of"])
    dated = scrub(DROP, "--list", f"dnc.national:ftc={path}@2026-11-20", "--force")
    assert "nobody said" not in dated.err
    (used,) = dated.manifest["lists"]
    assert (used["as_of"], used["registry"], used["dated_by"]) == ("2026-11-20", "ftc", "the user, for this run")
    stale = scrub(DROP, "--dnc", f"{path}@2026-09-01", "--force")
    assert (stale.code, "Stale suppression lists" in stale.err) == (5, True)
    assert scrub(DROP, "--dnc", f"{path}@2026-09-01", "--allow-stale", "dnc", "--force").code == 0
    ahead = scrub(DROP, "--dnc", f"{path}@2999-09-01", "--force")
    assert (ahead.code, "dated after the day of the run" in ahead.err) == (5, True)
    wrong = scrub(DROP, "--dnc", f"{path}@2026-13-01", "--force")
    assert (wrong.code, "'2026-13-01' is not a day" in wrong.err) == (2, True)


def test_a_file_that_is_called_like_a_date_is_itself(scrub: Scrub, written: Written) -> None:
    path = written("dnc.txt@2026-11-20", "212-736-5000\n")
    (used,) = scrub(DROP, "--internal", path).manifest["lists"]
    assert used["dated_by"].startswith("the user: a list for this run only")


def each(texts: tuple[str, ...], keys: list[str]) -> dict[str, list[str]]:
    return dict.fromkeys(texts, keys)


#: Text of an entry, and all that it lists: of no kind of writing is a point lost without being counted.
POINTS: dict[str, list[str]] = {
    **each(
        (
            *(
                "\u300cann@example.org\u300d",
                "\uff02ann@example.org\uff02",
                "ann\uff20example.org",
            ),
            *(
                "\u300eann@example.org\u300f",
                "\u201aann@example.org\u2018",
                "\u00bbann@example.org\u00ab",
                "ann@example.org\u2026",
            ),
        ),
        ["ann@example.org"],
    ),
    **each(
        (
            *(
                "ann@example.org/bob@example.org",
                "ann@example.org&bob@example.org",
                "ann@example.org\u3001bob@example.org",
            ),
            *(
                "ann@example.org\uff1bbob@example.org",
                "ann@example.org \u2192 bob@example.org",
                "ann@example.org+bob@example.org",
            ),
        ),
        ["ann@example.org", "bob@example.org"],
    ),
    "\u2192ann@example.org": ["ann@example.org", "\u2192ann@example.org"],
    "to=ann@example.org&tel=2127365000": ["+12127365000", "ann@example.org"],
    **each(
        (
            *("212-736-5000/01", "212-736-5000 / 5001", "(212) 736-5000 or 01", "212 736 5000 thru 5001"),
            *("call 2127365000/1 never", "2127365000 & 5001", "2127365000 \u0438\u043b\u0438 2127365001"),
        ),
        ["+12127365000", "+12127365001"],
    ),
    **each(("212-736-5000 1/5/2026", "212-736-5000 (1/2)", "1/2 212-736-5000"), ["+12127365000"]),
    # Where the first ends, nobody knows.
    **each(("ann@example.orgbob@example.org", "ann@@example.org", "ann(at)example.org"), []),
}


def listed(folder: Path, text: str, kind: str, why: set[str]) -> list[str]:
    path = folder / "list.txt"
    path.write_text(text, encoding="utf-8")
    spec = ListSpec(
        list_kind(kind),
        "own",
        (path,),
        date(2026, 11, 1),
        options=Options(region="US", fields=list_kind(kind).fields),
        max_refused=1.0,
    )
    why |= set(build_version(spec, folder / "version", apply_here).facts.counts.refused)
    opened = open_version(folder / "version", date(2026, 11, 1))
    keys = [f"+{number}" for numbers in (opened.phones.each() if opened.phones else ()) for number in numbers]
    return sorted(
        [*keys, *(key for texts in (opened.emails.each() if opened.emails else ()) for key in texts), *opened.domains]
    )


@pytest.mark.parametrize(("text", "keys"), POINTS.items(), ids=POINTS)
def test_every_point_of_an_entry_is_listed_or_the_entry_refused(tmp_path: Path, text: str, keys: list[str]) -> None:
    why: set[str] = set()
    assert listed(tmp_path, f"6465550100\n{text}\n", "dnc.internal", why) == sorted(["+16465550100", *keys])
    assert bool(why) == (not keys)


DOMAINS: dict[str, list[str]] = {
    **each(
        (
            *(
                "\u201cexample.com\u201d",
                "\u00abexample.com\u00bb",
                "`example.com`",
                "\u300cexample.com\u300d",
                "example.com:",
                "- example.com -",
                "example.com-",
                "http://example.com/",
            ),
            *(
                "https://example.com/a/page.html?x=y.z",
                "example.com 05.01.2026",
                "mailto:example.com",
                "  example.com.  ",
            ),
        ),
        ["example.com"],
    ),
    **each(("www.example.com", "https://www.example.com/x"), ["example.com", "www.example.com"]),
    **each(
        ("example.com/example.net", "example.com, example.net", "example.com\u3001example.net"),
        ["example.com", "example.net"],
    ),
    **each(("*@example.com", "\uff20example.com"), ["@example.com"]),
    "*.example.com": [".example.com"],
    **each(("ann@example.com", "05.01.2026", "10.0.0.12", "example", "?"), []),
}


@pytest.mark.parametrize(("text", "keys"), DOMAINS.items(), ids=DOMAINS)
def test_every_domain_of_an_entry_is_listed_or_the_entry_refused(tmp_path: Path, text: str, keys: list[str]) -> None:
    why: set[str] = set()
    others = [f"d{number}.example" for number in range(20)]
    found = listed(tmp_path, "\n".join([*others, text, ""]), "email.domain_suppressed", why)
    assert sorted(set(found) - set(others)) == keys
    assert bool(why) == (not keys)

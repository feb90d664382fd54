"""The same drop, lists, configuration and day give the same bytes and the same run_id, however the work is cut."""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

import pytest

from tests.conftest import DAY, Scrub, Scrubbed, Written, leadscrub, start, write_campaign
from tests.pipeline.rough import registry, rough_drop

pytestmark = pytest.mark.slow

OUTPUTS = (
    *("clean.parquet", "rejected.parquet", "findings.parquet", "returns/unnamed-vendor.csv"),
    *("report.html", "report.json"),
)


def hashes(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in OUTPUTS}


@pytest.fixture
def lists(written: Written) -> list[str | Path]:
    return [
        *("--dnc", written("registry.txt", registry(60))),
        *("--unsubscribe", written("unsubscribed.txt", "".join(f"Eve{n}@example.org\n" for n in range(300)))),
    ]


def test_blocks_of_any_size_give_the_same_bytes(scrub: Scrub, lists: list[str | Path]) -> None:
    """Damage, blank lines and accents lie across the ends of blocks."""
    drop = rough_drop(400)
    whole = scrub(drop, *lists, out="whole")
    assert whole.code == 0, whole.err
    assert list(whole.manifest["counts"]["by_reason"]) == [
        "contact.none",
        "dnc.national",
        "duplicate.in_drop",
        "email.syntax",
        "email.unsubscribed",
        "phone.invalid",
        "row.empty",
        "row.footer",
        "row.malformed",
        "row.repeated_header",
    ]
    for size in ("0.001", "0.007"):
        cut = scrub(drop, *lists, "--block-mb", size, out=f"cut-{size}")
        assert cut.code == 0, f"{size}: {cut.err}"
        assert hashes(cut.folder) == hashes(whole.folder), size
        assert cut.manifest["run_id"] == whole.manifest["run_id"]
        assert cut.manifest["counts"] == whole.manifest["counts"]


def test_blank_lines_read_the_same_beside_damage(scrub: Scrub) -> None:
    """Whether a block holds a malformed record does not change what a blank line in it becomes."""
    drop = "name,phone\nA,202-555-0100\n\nB,202-555-0101\n" + "C,202-555-0102\n" * 100 + "too,many,fields\n"
    whole, cut = scrub(drop, out="whole"), scrub(drop, "--block-mb", "0.001", out="cut")
    assert whole.rejected.filter(row_id=1).drop("run_id").rows() == cut.rejected.filter(row_id=1).drop("run_id").rows()
    assert hashes(whole.folder) == hashes(cut.folder)


def test_a_block_may_end_inside_a_character_and_hold_damage(scrub: Scrub) -> None:
    """Text in UTF-8 is cut between bytes, not between characters; that is no fault of the file."""
    drop = "name,phone\n" + ("é" * 30 + ',202-555-0100\n"no" csv,1\n') * 100
    for size in ("0.001", "0.00101", "0.00102"):
        cut = scrub(drop, "--block-mb", size, out=size)
        assert cut.code == 0, cut.err
        assert cut.manifest["counts"]["by_reason"] == {"duplicate.in_drop": 99, "row.malformed": 100}


def test_processes_give_the_same_bytes(written: Written, tmp_path: Path) -> None:
    """Enough distinct values that they are handed out to several processes."""
    phones = [f"+44 20 7946 {number:04}" for number in range(700)]
    odd = [f"{phone} ext {extension}" for phone in phones for extension in range(1, 7)]
    text = "phone\n" + "\n".join(odd)
    drop, campaign = written("drop.csv", text), write_campaign(tmp_path)
    words = ("scrub", drop, "--campaign", campaign, "--as-of", DAY)
    assert start(*words, "-o", tmp_path / "2", "--threads", "2").wait(120) == 0
    assert leadscrub(*words, "-o", tmp_path / "1", "--threads", "1").code == 0
    assert hashes(tmp_path / "1") == hashes(tmp_path / "2")


def ids(results: list[Scrubbed]) -> list[str]:
    assert [result.code for result in results] == [0] * len(results)
    return [result.manifest["run_id"] for result in results]


ONE = "name,phone,email\nA,202-555-0100,a@example.com\n"


def test_run_id_is_of_the_inputs(scrub: Scrub, written: Written) -> None:
    """Another day, drop, list, region, channel or policy is another run; the same again is the same run."""
    one, other = written("one/list.txt", "2025550101\n"), written("other/list.txt", "2025550102\n")
    same = ids([scrub(ONE, "--dnc", one, out="a"), scrub(ONE, "--dnc", one, "--force", out="a")])
    assert re.fullmatch("[0-9a-f]{32}", same[0])
    assert same[0] == same[1]
    different = ids(
        [
            scrub(ONE, "--dnc", one, out="b1"),
            scrub(ONE, "--dnc", one, "--as-of", "2026-11-22", out="b2"),
            scrub(ONE + "B,202-555-0101,\n", "--dnc", one, out="b3"),
            scrub(ONE, "--dnc", other, out="b4"),
            scrub(ONE, "--internal", one, out="b5"),
            scrub(ONE, "--dnc", one, "--region", "CA", out="b6"),
            scrub(ONE, "--dnc", one, channels=("call",), out="b7"),
            scrub(ONE, "--dnc", one, campaign='dedupe.policy = "newest_consent"', out="b8"),
            scrub(ONE, "--dnc", one, "--vendor", "acme", out="b9"),
            scrub(ONE, out="b10"),
        ]
    )
    assert len(set(different)) == 10


def test_run_id_does_not_depend_on_where_files_lie(written: Written, tmp_path: Path) -> None:
    drops = [written(f"{place}/drop.csv", ONE) for place in ("here", "there")]
    campaign = write_campaign(tmp_path)
    for drop in drops:
        ran = leadscrub("scrub", drop, "-o", drop.parent / "out", "--campaign", campaign, "--as-of", DAY)
        assert ran.code == 0, ran.err
    texts = [(drop.parent / "out" / "clean.parquet").read_bytes() for drop in drops]
    assert texts[0] == texts[1]


def test_runs_that_differ_only_in_a_list_s_region_have_different_ids(scrub: Scrub, written: Written) -> None:
    """A layout fixes the drop's region; --region then still decides what a list's national numbers mean."""
    layout = written("layout.toml", 'region = "US"\n')
    national = written("own.txt", "020 7946 0001\n+12025550199\n")
    results = [
        scrub(ONE, "--internal", national, "--max-refused", "0.5", "--layout", layout, "--region", region, out=region)
        for region in ("US", "GB")
    ]
    assert len(set(ids(results))) == 2


def test_runs_that_differ_only_in_ignored_columns_have_different_ids(scrub: Scrub, written: Written) -> None:
    """What is ignored as a fifth phone stands in extra, what is not is withheld: the outputs differ."""
    drop = "phone,phone 2,phone 3,phone 4,phone 5\n2025550100,2025550101,2025550102,2025550103,2025550104\n"
    layout = written("layout.toml", 'ignore = ["phone 5"]\n')
    with_it, without = scrub(drop, "--layout", layout, out="a"), scrub(drop, out="b")
    same_bytes = hashes(with_it.folder) == hashes(without.folder)
    assert same_bytes == (with_it.manifest["run_id"] == without.manifest["run_id"])


def test_warnings_do_not_depend_on_timing(written: Written, scrub: Scrub) -> None:
    """A column of a second file that looks like phones is named each time, however the file is cut."""
    first = written("a.csv", "name,phone\nA,2025550100\n")
    second = written("b.csv", "name,phone,other\n" + "B,2025550101,(202) 555-0102\n" * 400)
    for size in ("8", "0.001"):
        ran = scrub([first, second], "--block-mb", size, out=size)
        assert "column 'other' is not mapped, but its values look like phones" in ran.err, size


def test_of_several_bad_lists_the_first_is_named(scrub: Scrub, written: Written) -> None:
    """They are read beside each other; the first takes longest to be found bad."""
    long = written("long.txt", "".join(f"12{n:05}\n" for n in range(600)))
    for first, second in (("long", "short"), ("short", "long")):
        files = {"long": long, "short": written("short.txt", "1299999\n")}
        for threads in ("1", "2"):
            ran = scrub(
                "phone\n2025550100\n",
                *("--list", f"dnc.internal:{first}={files[first]}", "--list", f"dnc.internal:{second}={files[second]}"),
                *("--threads", threads),
            )
            assert ran.code == 5
            assert f"List '{first}'" in ran.err
            assert f"List '{second}'" not in ran.err


@pytest.mark.parametrize("threads", ["1", "2"])
def test_of_a_bad_list_and_a_bad_drop_the_list_is_named(scrub: Scrub, written: Written, threads: str) -> None:
    """The list is read while the first batches are. What is bad in the drop is behind what is read to plan the run."""
    drop = written("drop.csv", b"phone\n" + b"2025550199\n" * 40_000 + b"Jos\xe9\n")
    options = ["--layout", written("layout.toml", 'encoding = "utf-8"\n'), "--threads", threads]
    alone = scrub(drop, "--no-lists", *options)
    assert alone.code == 4
    assert "is not utf-8" in alone.err
    lost = "".join(f"12{n:05}\n" for n in range(600))
    both = scrub(drop, "--list", f"dnc.internal:lost={written('lost.txt', lost)}", *options)
    assert both.code == 5
    assert "List 'lost'" in both.err
    assert not both.folder.exists()
    assert not list(both.folder.parent.glob(".*partial*"))

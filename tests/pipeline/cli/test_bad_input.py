"""What cannot be done ends with the contract's exit code and one line that says what to do next."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import DAY, Ran, Scrub, Written, leadscrub, write_campaign

ONE = "name,phone,email\nA,202-555-0100,a@example.com\n"
NOISE = random.Random(7).randbytes(40_000)
NOISE_WITHOUT_NUL = NOISE.replace(b"\0", b"")


def assert_one_line(ran: Ran, code: int, *says: str) -> None:
    """One line on stderr, nothing on stdout, and the exit code."""
    assert ran.code == code, ran.err
    assert ran.out == ""
    assert ran.err.startswith("leadscrub: ")
    assert ran.err.endswith("\n")
    assert len(ran.err.splitlines()) == 1
    assert "Traceback" not in ran.err
    for text in says:
        assert text in ran.err


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        pytest.param("drop.csv", b"", "is empty. Ask the vendor to send it again.", id="empty"),
        pytest.param("drop.csv", b" \n\n\t\n", "has no text in it.", id="blank"),
        pytest.param("drop.csv", b"\xef\xbb\xbf", "has no text in it.", id="only a byte order mark"),
        pytest.param("drop.csv", NOISE_WITHOUT_NUL, "'drop.csv' is", id="noise"),
        pytest.param("drop.csv", bytes(500) + NOISE, "is binary, and no format that is read.", id="NUL bytes"),
        pytest.param("drop.csv", b"\x89PNG\r\n\x1a\n" + NOISE, "'drop.csv' is", id="a picture"),
        pytest.param(
            "drop.xlsx", b"PK\x03\x04" + NOISE, "is a damaged zip archive or workbook (xlsx, ods).", id="a workbook"
        ),
        pytest.param("drop.csv.gz", gzip.compress(ONE.encode())[:-9], "cannot be unpacked", id="gzip"),
        pytest.param("drop.parquet", b"PAR1" + NOISE + b"PAR1", "is a damaged Parquet file.", id="damaged Parquet"),
        pytest.param(
            "drop.csv", b"a,b\n1,2\n", "has no column that certainly holds a phone or an email.", id="headers"
        ),
        pytest.param("drop.csv", b"Ann,123456\nBo,123457\n", "has no header line, and no column", id="no header"),
    ],
)
def test_a_drop_that_cannot_be_read_ends_with_4(
    written: Written, in_folder: Path, name: str, content: bytes, says: str
) -> None:
    written(name, content)
    ran = leadscrub("scrub", name, "-o", "out", "--channel", "call", "--region", "US")
    assert_one_line(ran, 4, name, says)
    assert not (in_folder / "out").exists()


def test_a_header_that_is_data_is_not_repeated(written: Written, out: Path) -> None:
    """The first line of a file without header is somebody's data."""
    drop = written("drop.csv", "Ann Lee,ann.lee at example.com,2025550100x\nBo Lee,https://x.example,2025550101x\n")
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call")
    assert_one_line(ran, 4, "has no header line")
    for text in ("Ann Lee", "ann.lee", "2025550100", "x.example"):
        assert text not in ran.err


def test_a_drop_that_does_not_exist_ends_with_4(in_folder: Path) -> None:
    ran = leadscrub("scrub", "no*.csv", "-o", "out", "--channel", "call")
    assert_one_line(ran, 4, "Drop 'no*.csv' does not exist. Check the path.")


def test_a_folder_without_files_ends_with_4(in_folder: Path) -> None:
    (in_folder / "inbox").mkdir()
    ran = leadscrub("scrub", "inbox", "-o", "out", "--channel", "call")
    assert_one_line(ran, 4, "'inbox' is a folder without a ")


def test_a_pattern_that_names_only_folders_ends_with_4(in_folder: Path) -> None:
    """No file was read, so nothing was scrubbed."""
    (in_folder / "inbox").mkdir()
    ran = leadscrub("scrub", "in*", "-o", "out", "--channel", "call")
    assert_one_line(ran, 4, "in*")


def test_one_bad_file_among_several_ends_the_run(written: Written, out: Path) -> None:
    good, bad = written("a.csv", ONE), written("b.csv", "")
    assert_one_line(leadscrub("scrub", good, bad, "-o", out, "--channel", "call"), 4, "b.csv")
    assert not out.exists()


def test_parquet_that_is_damaged_inside_ends_with_4(tmp_path: Path, out: Path) -> None:
    """Its footer is whole, its data is not."""
    drop = tmp_path / "drop.parquet"
    pl.DataFrame({"phone": [f"20255501{n % 100:02}" for n in range(5000)], "n": range(5000)}).write_parquet(drop)
    text = bytearray(drop.read_bytes())
    text[200:2000] = NOISE[:1800]
    drop.write_bytes(text)
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--region", "US", "--no-lists")
    assert_one_line(ran, 4, "drop.parquet")
    assert not out.exists()


def test_a_quote_that_never_closes_near_the_start_is_no_reason_to_stop(scrub: Scrub) -> None:
    """It costs its own record, however much text follows."""
    drop = 'name,phone\n"never,202-555-0100\n' + "A,202-555-0101\n" * 20_000
    ran = scrub(drop)
    assert ran.code == 0, ran.err
    assert ran.rejected.filter(pl.col("reason") == "row.malformed").select("row_id", "source_line", "raw").rows() == [
        (0, 2, '"never,202-555-0100')
    ]
    assert ran.clean_rows("row_id", "phone") == [(1, "+12025550101")]


def test_a_declared_encoding_that_does_not_fit_ends_with_4(written: Written, out: Path) -> None:
    drop = written("drop.csv", "name,phone\nZoë,202-555-0100\n".encode("cp1252"))
    layout = written("layout.toml", 'encoding = "utf-8"\n')
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--layout", layout)
    assert_one_line(ran, 4, "is not utf-8")


def test_a_layout_for_another_file_ends_with_4(written: Written, out: Path) -> None:
    drop = written("drop.csv", ONE)
    layout = written("layout.toml", '[columns]\nphone = "Phoen"\n')
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--layout", layout)
    assert_one_line(ran, 4, "has no column 'Phoen', which the layout maps to phone. Did you mean 'phone'?")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ([], "No channel is named. Add --channel call, text, email or post, or a --campaign."),
        (["--channel", "cal"], "There is no channel 'cal'. Did you mean 'call'?"),
        (["--channel", "call", "--as-of", "21.11.2026"], "'21.11.2026' is not a day. Write it as YYYY-MM-DD."),
        (["--channel", "call", "--as-of", "2026-13-01"], "'2026-13-01' is not a day."),
        (["--channel", "call", "--region", "USA"], "'USA' is not a region"),
        (["--channel", "call", "--region", "UK"], "'UK' is not a region"),
        (["--channel", "call", "--list", "dnc.stat:x=own.txt"], "no list kind 'dnc.stat'. Did you mean 'dnc.state'?"),
        (
            ["--channel", "call", "--list", "own.txt"],
            "--list 'own.txt' is not of the form KIND:NAME=FILE or",
        ),
        (
            ["--channel", "call", "--dnc", "own.txt", "--list-hash", "own=trim+lower+md6"],
            "must end in a hash, not 'md6'. Did you mean 'md5'?",
        ),
        (
            ["--channel", "call", "--dnc", "own.txt", "--list-hash", "own=lowr+md5"],
            "has an unknown step 'lowr'. Did you mean 'lower'?",
        ),
        (["--channel", "call", "--dnc", "own.txt", "--list-hash", "owm=md5"], "names a list 'owm' that is not given."),
        (["--channel", "call", "--layout", "nowhere"], "There is no layout 'nowhere'."),
        (["--channel", "call", "--vendor", "../acme"], "../acme"),
        (["--channel", "call", "--threads", "0"], "'--threads'"),
        (["--channel", "call", "--max-reject-rate", "40"], "'--max-reject-rate'"),
        (["--chanel", "call"], "Did you mean '--channel'? See 'leadscrub scrub --help'."),
    ],
)
def test_wrong_usage_ends_with_2(written: Written, in_folder: Path, options: list[str], says: str) -> None:
    written("drop.csv", ONE)
    written("own.txt", "2025550199\n")
    assert_one_line(leadscrub("scrub", "drop.csv", "-o", "out", *options), 2, says)
    assert not (in_folder / "out").exists()


def test_missing_arguments_end_with_2(in_folder: Path) -> None:
    assert_one_line(leadscrub("scrub"), 2, "Missing argument 'DROP'")
    assert_one_line(leadscrub("scrub", "drop.csv"), 2, "Missing option '-o'")
    assert_one_line(leadscrub("scrubb"), 2, "Did you mean 'scrub', 'rescrub'?")


def test_a_vendor_s_name_may_hold_a_blank_or_is_refused(written: Written, out: Path) -> None:
    """Outside a workspace a vendor is only a name, and names of companies have blanks."""
    drop = written("drop.csv", ONE)
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--region", "US", "--vendor", "Acme Leads")
    assert ran.code in (0, 2), ran.err


LISTS_THAT_SUPPRESS_NOBODY = {
    "empty": b"",
    "blank": b"\n \n",
    "words": b"foo\nbar\n",
    "header alone": b"phone\n",
    "wrong kind": b"ann@example.com\n",
    "short": b"123\n456\n",
}


@pytest.mark.parametrize("content", LISTS_THAT_SUPPRESS_NOBODY.values(), ids=LISTS_THAT_SUPPRESS_NOBODY)
def test_a_list_without_usable_entry_ends_with_5(written: Written, out: Path, content: bytes) -> None:
    drop, path = written("drop.csv", ONE), written("own.txt", content)
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--region", "US", "--dnc", path)
    assert_one_line(ran, 5, "List 'own")
    assert not out.exists()


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("own.zip", b"PK\x03\x04" + NOISE, "own.zip"),
        ("own.txt.gz", gzip.compress(b"2025550199\n" * 9999)[:40], "cannot be unpacked"),
        ("own.csv", b"name,city\nA,B\n", "List 'own.csv'"),
        ("own.txt", b"d41d8cd98f00b204e9800998ecf8427e\n", "values that look like md5 hashes."),
        ("own.txt", b"D" * 40 + b"\n", "values that look like sha1 hashes."),
        ("own.txt", b"email\n" + b"0" * 64 + b"\n", "values that look like sha256 hashes."),
    ],
    ids=["damaged zip", "cut gzip", "unknown columns", "md5", "sha1", "sha256"],
)
def test_a_list_that_cannot_be_read_ends_with_5(
    written: Written, out: Path, name: str, content: bytes, says: str
) -> None:
    drop, path = written("drop.csv", ONE), written(name, content)
    kind = "--unsubscribe" if "hashes" in says else "--dnc"
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--region", "US", kind, path)
    assert_one_line(ran, 5, says)
    assert not out.exists()


def test_a_list_that_is_missing_or_a_folder_ends_with_5(written: Written, in_folder: Path) -> None:
    written("drop.csv", ONE)
    (in_folder / "lists").mkdir()
    command = ("scrub", "drop.csv", "-o", "out", "--channel", "call", "--region", "US", "--dnc")
    assert_one_line(leadscrub(*command, "gone.txt"), 5, "Suppression list 'gone.txt' does not exist.")
    assert_one_line(leadscrub(*command, "lists"), 5, "Suppression list 'lists' is a folder.")


def test_a_list_with_a_cell_that_never_ends_ends_with_5_or_is_read(written: Written, out: Path) -> None:
    """An open quote in a CSV list swallows its rest; that is the list's fault and not the program's."""
    drop = written("drop.csv", ONE)
    path = written("own.csv", 'name,phone\n"A,202-555-0198\n' + "B,202-555-0199\n" * 20_000)
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--region", "US", "--dnc", path)
    assert ran.code in (0, 5), ran.err


def test_a_wrong_list_column_does_not_show_the_list_s_entries(written: Written, out: Path) -> None:
    """The first line of a list without header is somebody's number or address."""
    drop, path = written("drop.csv", ONE), written("own.txt", "jane.doe@corp.example\nbo@corp.example\n")
    ran = leadscrub(
        *("scrub", drop, "-o", out, "--channel", "email", "--unsubscribe", path, "--list-column", "own=Email")
    )
    assert_one_line(ran, 5, "has no column 'Email'")
    assert "jane.doe@corp.example" not in ran.err


def test_config_names_every_fault_with_its_line(written: Written, out: Path) -> None:
    """Campaign, vendor and layout together, in one go."""
    drop = written("drop.csv", ONE)
    written("ws/leadscrub.toml", "")
    campaign = written(
        "ws/campaigns/spring.toml",
        'name = "spring"\n'
        'chanels = ["call"]\n'
        'channels = ["call", "fax"]\n'
        'region = "USA"\n'
        "max_reject_rate = 1.5\n"
        "[dedupe]\n"
        'policy = "newest"\n'
        "[[lists]]\n"
        'kind = "dnc.internal"\n'
        'name = "ours"\n'
        'file = "../lists/ours.txt"\n'
        "[[lists]]\n"
        'kind = "dnc.nationl"\n'
        'name = "theirs"\n'
        'file = "../lists/theirs.txt"\n'
        'hash = "lower+md6"\n',
    )
    vendor = written("ws/vendors/acme.toml", 'name = "acme"\nlayout = "../layouts/acme.toml"\nregoin = "US"\n')
    layout = written("ws/layouts/acme.toml", 'delimiter = ""\n[columns]\nfone = "Tel"\n')
    ran = leadscrub(
        *("scrub", drop, "-o", out, "--campaign", campaign, "--vendor", "acme", "--layout", layout, "--as-of", DAY)
    )
    assert ran.code == 3
    assert ran.out == ""
    assert "Traceback" not in ran.err
    first, *faults = ran.err.splitlines()
    assert first.startswith("leadscrub: configuration invalid, ")
    for fault in (
        f"{campaign}:2: chanels: unknown key. Did you mean 'channels'?",
        f"{campaign}:3: channels.1: ",
        f"{campaign}:4: region: 'USA' is not a region",
        f"{campaign}:5: max_reject_rate: ",
        f"{campaign}:7: dedupe.policy: ",
        f"{campaign}:13: lists.1.kind: ",
        f"{campaign}:16: lists.1.hash: ",
        f"{vendor}:3: regoin: unknown key. Did you mean 'region'?",
        f"{layout}:1: delimiter: ",
        f"{layout}:2: columns",
    ):
        assert any(line.strip().startswith(fault) for line in faults), fault
    assert not out.exists()


def test_config_names_every_field_that_does_not_exist(written: Written, out: Path) -> None:
    """Two wrong names in one table are two faults."""
    drop, layout = written("drop.csv", ONE), written("layout.toml", '[columns]\nfone = "Tel"\nemial = "Mail"\n')
    ran = leadscrub("scrub", drop, "-o", out, "--channel", "call", "--layout", layout)
    assert ran.code == 3
    assert "'fone' is not a field of a lead. Did you mean 'phone'?" in ran.err
    assert "'emial' is not a field of a lead. Did you mean 'email'?" in ran.err


def test_two_lists_of_one_name_are_a_fault(written: Written, out: Path, tmp_path: Path) -> None:
    drop = written("drop.csv", ONE)
    both = '[[lists]]\nkind = "dnc.internal"\nname = "ours"\nfile = "a.txt"\n' * 2
    ran = leadscrub("scrub", drop, "-o", out, "--campaign", write_campaign(tmp_path, more=both))
    assert ran.code == 3
    assert "two lists are called 'ours'" in ran.err


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b'channels = ["call"\n', "campaign.toml:"),
        (b"channels = []\n", "campaign.toml:1: channels: "),
        (b'name = "x"\n', "campaign.toml: channels: Field required"),
        (b"\xff\xfe", "campaign.toml: cannot be read"),
    ],
)
def test_a_campaign_that_is_no_campaign_ends_with_3(
    written: Written, in_folder: Path, content: bytes, says: str
) -> None:
    written("drop.csv", ONE)
    written("campaign.toml", content)
    ran = leadscrub("scrub", "drop.csv", "-o", "out", "--campaign", "campaign.toml")
    assert ran.code == 3
    assert ran.err.startswith("leadscrub: configuration invalid, 1 fault:\n")
    assert says in ran.err


def test_a_campaign_that_does_not_exist_ends_with_3(written: Written, in_folder: Path) -> None:
    written("drop.csv", ONE)
    ran = leadscrub("scrub", "drop.csv", "-o", "out", "--campaign", "gone.toml")
    assert (ran.code, ran.out) == (3, "")
    assert "gone.toml: cannot be read" in ran.err

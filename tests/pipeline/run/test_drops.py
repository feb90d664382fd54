"""Real drops, made by nobody here, read as an independent reader reads them; figures from an independent count."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import SHARED, Scrub, Scrubbed, leadscrub, needs_shared_data, scrub_files

pytestmark = [needs_shared_data, pytest.mark.slow]

DROPS = SHARED / "drops"
CALL_AND_EMAIL = ("--channel", "call", "--channel", "email")
#: Drop -> how it is scrubbed, its encoding and its delimiter.
KNOWN: dict[str, tuple[tuple[str, ...], str, str]] = {
    "openstates_people.csv": ((*CALL_AND_EMAIL, "--region", "US"), "utf-8", ","),
    "cms_hospitals.csv": (("--channel", "call", "--region", "US"), "windows-1252", ","),
    "us_dotgov.csv": (("--channel", "email"), "utf-8", ","),
    "fr_annuaire_education.csv": ((*CALL_AND_EMAIL, "--region", "FR"), "utf-8", ";"),
    "okfn_gb.csv": ((*CALL_AND_EMAIL, "--region", "GB"), "utf-8", ","),
    "okfn_br.csv": (("--channel", "call", "--region", "BR"), "utf-8", ","),
}


class Drop(Scrubbed):
    """A scrubbed drop, beside what the csv module reads from the same file."""

    @property
    def name(self) -> str:
        return str(self.manifest["inputs"][0]["name"])

    @property
    def points(self) -> dict[str, tuple[str, int, int]]:
        """Contact column -> its source column, cells filled, cells valid."""
        counted = self.manifest["inputs"][0]["points"]
        return {slot: (point["column"], point["given"], point["valid"]) for slot, point in counted.items()}

    def expected(self) -> tuple[list[str], list[tuple[int, list[str]]]]:
        """Header, and each record with the line on which it starts."""
        _, encoding, delimiter = KNOWN[self.name]
        records = []
        codec = "utf-8-sig" if encoding == "utf-8" else encoding
        with (DROPS / self.name).open(encoding=codec, newline="") as stream:
            reader = csv.reader(stream, delimiter=delimiter)
            header, line = next(reader), reader.line_num
            for record in reader:
                records.append((line + 1, record))
                line = reader.line_num
        return header, records


@pytest.fixture(scope="module")
def drops(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Drop]:
    return {}


@pytest.fixture
def drop(request: pytest.FixtureRequest, drops: dict[str, Drop], tmp_path_factory: pytest.TempPathFactory) -> Drop:
    """The drop that the test names, scrubbed once."""
    name: str = request.param
    if name not in drops:
        folder = tmp_path_factory.mktemp("drop") / "out"
        ran = scrub_files([DROPS / name], folder, *KNOWN[name][0])
        assert ran.code == 0, ran.err
        drops[name] = Drop(ran.code, ran.out, ran.err, folder)
    return drops[name]


def of(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("drop", [name], indirect=True, ids=[name])


@pytest.mark.parametrize("drop", KNOWN, indirect=True)
def test_every_record_is_there_with_its_line_and_its_cells(drop: Drop) -> None:
    """Clean and rejected together are the file, record by record, as the csv module reads it."""
    header, records = drop.expected()
    lines = pl.concat([frame.select("row_id", "source_line") for frame in (drop.clean, drop.rejected)])
    assert lines.sort("row_id").rows() == [(number, line) for number, (line, _) in enumerate(records)]
    originals = dict(drop.rejected.select("row_id", "original").rows())
    assert originals == {row: dict(zip(header, records[row][1], strict=True)) for row in originals}
    extras = dict(drop.clean.select("row_id", "extra").rows())
    for row, extra in extras.items():
        cells = dict(zip(header, records[row][1], strict=True))
        assert extra == {name: cells.get(name) for name in extra}
    assert leadscrub("verify", drop.folder).code == 0


@pytest.mark.parametrize("drop", KNOWN, indirect=True)
def test_how_it_was_read_is_said(drop: Drop) -> None:
    _, encoding, delimiter = KNOWN[drop.name]
    (read,) = drop.manifest["inputs"]
    assert read["read_as"] == {"format": "csv", "encoding": encoding, "delimiter": delimiter, "quote": '"'}
    assert encoding in drop.out
    assert read["doubts"] == []


@of("openstates_people.csv")
def test_people_are_found_with_voice_fax_and_email(drop: Drop) -> None:
    """Columns are found without help, and validity is what phonenumbers and email-validator say."""
    assert drop.points == {
        "phone": ("voice", 12_454, 12_454),
        "phone_2": ("fax", 1_231, 1_231),
        # 11,769 as they came, and two more once mailto: or a final dot is taken off.
        "email": ("email", 13_594, 11_771),
    }
    counts = drop.manifest["counts"]
    assert counts["read"] == 13_768
    assert counts["clean"] + counts["rejected"] == 13_768
    assert drop.findings.filter(code="email.repaired").get_column("row_id").to_list() == [7326, 10444]


@of("openstates_people.csv")
def test_a_url_in_the_email_column_costs_the_email_and_not_the_row(drop: Drop) -> None:
    """The row stays for its phone."""
    header, records = drop.expected()
    email, voice, fax = (header.index(name) for name in ("email", "voice", "fax"))
    urls = [row for row, (_, cells) in enumerate(records) if cells[email].startswith("http")]
    assert urls[:3] == [10446, 10447, 10448]
    found = drop.findings.filter(code="email.syntax").select("row_id", "point").rows()
    assert found == [(row, "email") for row in urls]
    clean = set(drop.clean.get_column("row_id"))
    losers = set(drop.findings.filter(code="duplicate.in_drop").get_column("row_id"))
    for row in urls:
        assert (row in clean) == (records[row][1][voice] != "" and row not in losers), row
    assert drop.clean.filter(row_id=10446).select("email", "channels", "source_line").rows() == [
        (None, ["call"], 10448)
    ]
    assert [records[10464][1][column] for column in (voice, fax)] == ["", ""]
    assert drop.rejected.filter(row_id=10464).select("source_line", "reasons").rows() == [(10466, ["email.syntax"])]


@of("openstates_people.csv")
def test_an_extension_is_kept_as_a_flag(drop: Drop) -> None:
    flagged = drop.findings.filter(code="phone.extension").select("row_id", "point", "detail").rows()
    assert flagged[:2] == [(1101, "phone", "extension 6310"), (2327, "phone", "extension 309")]


def test_the_registry_s_zip_is_read_whole(scrub: Scrub, tmp_path: Path) -> None:
    """Its 2,109,739 lines, junk included; each phone on it is found, as a plain set of its numbers says."""
    import zipfile

    registry = SHARED / "registry" / "ftc_complaint_numbers.zip"
    options = [*CALL_AND_EMAIL, "--region", "US", "--dnc", str(registry)]
    ran = scrub_files([DROPS / "openstates_people.csv"], tmp_path / "registry", *options)
    assert ran.code == 0, ran.err
    drop = Drop(ran.code, ran.out, ran.err, tmp_path / "registry")
    (used,) = drop.manifest["lists"]
    assert used["entries"]["read"] == 2_109_739
    numbers: set[str] = set()
    with zipfile.ZipFile(registry) as archive:
        for member in archive.namelist():
            numbers |= {"+1" + line.replace(",", "") for line in archive.read(member).decode().split()}
    points = pl.concat(
        [
            drop.rejected.select("row_id", pl.lit(point).alias("point"), pl.col(point).alias("number"))
            for point in ("phone", "phone_2")
        ]
    ).drop_nulls()
    matched = set(drop.findings.filter(code="dnc.national").select("row_id", "point").rows())
    on_it = {(row, point) for row, point, number in points.rows() if number in numbers}
    rejected = set(drop.rejected.get_column("row_id"))
    assert on_it == {(row, point) for row, point in matched if row in rejected}
    clean_numbers = {number for row in drop.clean.select("phone", "phone_2").rows() for number in row}
    assert not clean_numbers & numbers
    assert used["matches"] == len(matched)
    assert drop.manifest["counts"]["by_reason"]["dnc.national"] == len({row for row, _ in matched if row in rejected})


@of("cms_hospitals.csv")
def test_hospitals_keep_leading_zeros_and_their_encoding_is_named(drop: Drop) -> None:
    """Identifiers and postal codes are text; a curly apostrophe of windows-1252 is that apostrophe."""
    assert drop.points == {"phone": ("Phone Number", 4_807, 4_805)}
    assert drop.clean_rows("row_id", "vendor_lead_id")[:2] == [(0, "010001"), (1, "010005")]
    assert drop.clean.filter(row_id=677).select("vendor_lead_id", "postal_code").rows() == [("070002", "06105")]
    assert drop.rejected.filter(reason="phone.invalid").select("row_id", "source_line").rows() == [
        (3075, 3077),
        (4028, 4030),
    ]
    text = json.dumps(drop.clean.get_column("extra").to_list() + drop.clean.rows(), default=str, ensure_ascii=False)
    assert "\u2019" in text
    assert "\x92" not in text
    assert "\ufffd" not in text


@of("us_dotgov.csv")
def test_a_literal_blank_is_no_email(drop: Drop) -> None:
    """``(blank)`` is an empty cell: it is neither an address nor a broken one."""
    assert drop.points == {"email": ("Security contact email", 9_906, 9_906)}
    header, records = drop.expected()
    column = header.index("Security contact email")
    blank = [row for row, (_, cells) in enumerate(records) if cells[column] == "(blank)"]
    assert len(blank) == 6_633
    assert drop.rejected.filter(reason="contact.none").get_column("row_id").to_list() == blank
    assert set(drop.findings.get_column("code")) == {"contact.none", "duplicate.in_drop", "email.role"}


@of("fr_annuaire_education.csv")
def test_french_schools_are_read_with_semicolons_and_a_byte_order_mark(drop: Drop) -> None:
    """The first column's name has no mark in it, and national numbers are French ones."""
    assert drop.points == {
        "phone": ("Telephone", 980, 980),
        "phone_2": ("Fax", 161, 161),
        "email": ("Mail", 962, 962),
    }
    assert drop.manifest["inputs"][0]["mapping"]["vendor_lead_id"] == "Identifiant_de_l_etablissement"
    assert len(drop.rejected.get_column("original").dtype.to_schema()) == 69  # type: ignore[attr-defined]
    regions = drop.clean.filter(pl.col("phone").is_not_null()).get_column("phone_region").unique().to_list()
    assert regions == ["FR"]
    assert drop.clean.get_column("phone").drop_nulls().str.starts_with("+33").all()


@of("okfn_gb.csv")
def test_a_drop_without_any_contact_is_rejected_row_by_row(drop: Drop) -> None:
    assert drop.manifest["counts"]["read"] == 5_362
    assert drop.rejected.get_column("source_line").to_list() == list(range(2, 5_364))
    assert drop.manifest["counts"]["by_reason"] == {"contact.none": 5_362}


@of("okfn_br.csv")
def test_records_are_not_lines(drop: Drop) -> None:
    """245 records on many more lines: the line is the one on which the record starts."""
    _, records = drop.expected()
    assert drop.manifest["counts"]["read"] == len(records) == 245
    assert [line for line, _ in records[:4]] == [2, 6, 10, 15]
    assert drop.clean_rows("row_id", "source_line")[:3] == [(0, 2), (1, 6), (3, 15)]


@of("okfn_br.csv")
def test_several_numbers_in_one_cell_are_never_merged(drop: Drop) -> None:
    assert drop.points == {"phone": ("phone", 245, 200)}
    codes = drop.findings.filter(pl.col("code").str.starts_with("phone.")).get_column("code").value_counts()
    assert dict(codes.rows()) == {"phone.unparseable": 33, "phone.invalid": 12}
    several = drop.findings.filter(row_id=2).select("code", "detail").rows()
    assert several == [("phone.unparseable", "+## ## ########, +## ## ########: several numbers in one cell")]

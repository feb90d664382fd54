"""The same leads give the same result, whatever they come in."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.conftest import Scrub, Written
from tests.pipeline.reading.builders import Rows, ods_content, write_ods, write_xls, write_xlsx

pytestmark = pytest.mark.slow

HEADER = ["name", "phone", "email", "zip", "amount"]
#: Fourteen leads, one without any usable contact point: numbers, text, quotes, duplicates, blanks, damage.
LEADS: Rows = [
    [*HEADER],
    ["Ann Lee", 2025550100, "ann@example.com", 1234, 19.99],
    ["Zoë Ñandú", 2025550101, "zoe@example.com", 98101, 5],
    ['Bo "B" Low', "(202) 555-0102", "BO@Example.com", 501, 0.5],
    ["Cy, Jr.", "+1 202 555 0103", "", 2139, 1],
    ["Di", 2025550104, "di@example", 90210, 2],
    ["Ed", 2025550100, "ed@example.com", 10001, 3],
    ["Flo", "4.41E+11", "flo@example.com", 10002, 4],
    ["Gus", 12345, "gus@example.com", 10003, 6],
    ["Hal", "", "hal@example.com", 10004, 7],
    ["Ida", "#N/A", "", 10005, 8],
    ["Jo", 2025550110, "jo@example.com", 10006, 1234567],
    ["Kim", 2025550111, "ann@example.com", 10007, 9],
    ["Lu=1", 2025550112, "lu@example.com", 10008, 10],
    ["Max", 2025550113, "max@example.com", 10009, 11],
]
SHOWN = [[*LEADS[0]]] + [
    [name, str(phone).zfill(10) if isinstance(phone, int) else phone, email, str(code).zfill(5), str(amount)]
    for name, phone, email, code, amount in LEADS[1:]
]


def _text(delimiter: str) -> str:
    lines = []
    for row in SHOWN:
        cells = [
            '"' + str(cell).replace('"', '""') + '"' if set(str(cell)) & {delimiter, '"'} else cell for cell in row
        ]
        lines.append(delimiter.join(str(cell) for cell in cells))
    return "\n".join(lines) + "\n"


def test_one_result_for_every_format(scrub: Scrub, written: Written, tmp_path: Path) -> None:
    """Clean, rejected and findings are the same, but for what says which file they came from."""
    objects = [dict(zip(HEADER, row, strict=True)) for row in SHOWN[1:]]
    frame = pl.DataFrame({name: [row[at] for row in SHOWN[1:]] for at, name in enumerate(HEADER)})
    frame.write_parquet(tmp_path / "leads.parquet")
    frame.write_ipc(tmp_path / "leads.arrow")
    files = [
        written("leads.csv", _text(",")),
        written("leads.txt", _text("\t")),
        write_xls(tmp_path / "leads.xls", {"Leads": LEADS}),
        write_xlsx(tmp_path / "leads.xlsx", {"Leads": LEADS}),
        write_ods(tmp_path / "leads.ods", ods_content({"Leads": LEADS})),
        written("leads.json", json.dumps(objects)),
        written("leads.jsonl", "\n".join(json.dumps(row) for row in objects)),
        tmp_path / "leads.parquet",
        tmp_path / "leads.arrow",
    ]
    provenance = ("source_file", "source_sha256", "source_sheet", "source_line", "run_id")
    results = {}
    for path in files:
        ran = scrub(path, out=path.suffix[1:])
        assert ran.code == 0, ran.err
        results[path.suffix] = [
            frame.drop(provenance, strict=False)
            .with_columns(pl.col(pl.String).str.replace(r"\(leads\.\w+ line \d+\)", "(its file and line)"))
            .rows()
            for frame in (ran.clean, ran.rejected, ran.findings)
        ]
    assert [len(rows) for rows in results[".csv"][:2]] == [13, 1]
    for suffix, found in results.items():
        assert found == results[".csv"], suffix

"""What comes packed is unpacked once, under limits, and nothing of it is left on disk."""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import stat
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pyarrow as pa
import pytest

from pipeline.reading.files import find_files
from schemas.errors import DropError, FileError
from schemas.support.shown import printable
from tests.conftest import Scrub, Written, leadscrub, write_campaign
from tests.pipeline.reading.builders import ole_file, read, write_xlsx, write_zip

pytestmark = pytest.mark.slow

CSV = b"name,phone\nAnn,2025550100\nBo,2025550101\n"
RECORDS = [(2, {"name": "Ann", "phone": "2025550100"}), (3, {"name": "Bo", "phone": "2025550101"})]


def _zstd(content: bytes) -> bytes:
    sink = pa.BufferOutputStream()
    with pa.CompressedOutputStream(sink, "zstd") as stream:
        stream.write(content)
    return bytes(sink.getvalue().to_pybytes())


PACKERS: dict[str, Callable[[bytes], bytes]] = {"gz": gzip.compress, "bz2": bz2.compress, "zst": _zstd}


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_is_read(written: Written, suffix: str) -> None:
    """Several streams one after the other are one file, as when logs are appended."""
    pack = PACKERS[suffix]
    assert read(written(f"drop.csv.{suffix}", pack(CSV))) == [RECORDS]
    assert read(written(f"two.csv.{suffix}", pack(CSV[:20]) + pack(CSV[20:]))) == [RECORDS]


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_packed_file_that_is_cut_off_ends_with_4(written: Written, suffix: str) -> None:
    packed = PACKERS[suffix](CSV * 1000)
    with pytest.raises(FileError, match="cannot be unpacked"):
        read(written(f"drop.csv.{suffix}", packed[: len(packed) // 2]))


def test_each_file_of_a_zip_is_a_table_of_the_delivery(scrub: Scrub, tmp_path: Path) -> None:
    """A row names its file and bears the hash of what was delivered; the manifest has that of the member too."""
    book = write_xlsx(tmp_path / "x.xlsx", {"Leads": [["name", "phone"], ["Cy", 2025550102]]})
    members: dict[str, str | bytes] = {
        "a/leads.csv": CSV,
        "__MACOSX/a/._leads.csv": b"\0\1",
        "b.xlsx": book.read_bytes(),
        "photo.png": b"\x89PNG",
    }
    drop = write_zip(tmp_path / "drop.zip", members)
    ran = scrub(drop, channels=("call",))
    assert ran.code == 0, ran.err
    digest = hashlib.sha256(drop.read_bytes()).hexdigest()
    assert ran.clean_rows("full_name", "source_file", "source_sheet", "source_line", "source_sha256") == [
        ("Ann", "drop.zip!a/leads.csv", None, 2, digest),
        ("Bo", "drop.zip!a/leads.csv", None, 3, digest),
        ("Cy", "drop.zip!b.xlsx", "Leads", 2, digest),
    ]
    first = ran.manifest["inputs"][0]
    assert (first["sha256"], first["bytes"]) == (digest, drop.stat().st_size)
    assert first["member"] == {"sha256": hashlib.sha256(CSV).hexdigest(), "bytes": len(CSV)}
    assert "not read: photo.png" in ran.err
    assert leadscrub("verify", ran.folder).code == 0


def _arrow(content: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    content.write_ipc(sink)
    return sink.getvalue()


def _arrow_stream(content: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    content.write_ipc_stream(sink)
    return sink.getvalue()


def _parquet(content: pl.DataFrame) -> bytes:
    sink = io.BytesIO()
    content.write_parquet(sink)
    return sink.getvalue()


@pytest.mark.parametrize("write", [_arrow, _arrow_stream, _parquet])
def test_arrow_and_parquet_are_read_packed_or_not(written: Written, write: Callable[[pl.DataFrame], bytes]) -> None:
    frame = pl.DataFrame({"name": ["Ann", None], "phone": [2025550100.0, 2025550101.0], "tags": [["a"], []]})
    content = write(frame)
    expected = [
        (1, {"name": "Ann", "phone": "2025550100", "tags": '["a"]'}),
        (2, {"name": "", "phone": "2025550101", "tags": "[]"}),
    ]
    assert read(written("drop.bin", content)) == [expected]
    assert read(written("drop.bin.gz", gzip.compress(content))) == [expected]


def test_folders_and_globs_find_every_suffix(written: Written, in_folder: Path) -> None:
    for name in ("in/a.CSV.GZ", "in/b.xlsx", "in/c.jsonl", "in/d.zip", "in/e.feather", "in/f.doc", "in/g.csv.zst"):
        written(name, "x")
    found = ["a.CSV.GZ", "b.xlsx", "c.jsonl", "d.zip", "e.feather", "g.csv.zst"]
    assert [path.name for path in find_files(["in"])] == found


def test_a_link_out_of_a_folder_is_refused(written: Written, in_folder: Path) -> None:
    """A link inside is a file like any other, and a file that is named is the user's own choice."""
    secret, inside = written("secret.csv", CSV), written("in/a.csv", CSV)
    (in_folder / "in" / "b.csv").symlink_to(inside)
    assert len(find_files(["in"])) == 2
    (in_folder / "in" / "c.csv").symlink_to(secret)
    for drop in ("in", "in/*.csv"):
        with pytest.raises(DropError, match=r"'in/c\.csv' is a link that leads out of its folder"):
            find_files([drop])
    assert [path.name for path in find_files(["in/c.csv"])] == ["c.csv"]


def _tar(name: str) -> bytes:
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(CSV)
        archive.addfile(info, io.BytesIO(CSV))
    return sink.getvalue()


def _zip(members: dict[str, bytes]) -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return sink.getvalue()


def _linked() -> bytes:
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w") as archive:
        info = zipfile.ZipInfo("leads.csv")
        info.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(info, "/etc/passwd")
    return sink.getvalue()


def _locked() -> bytes:
    content = bytearray(_zip({"a.csv": CSV}))
    for signature, place in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(signature) + place] |= 1
    return bytes(content)


XML_2003 = (
    b'<?xml version="1.0"?>\n<?mso-application progid="Excel.Sheet"?>\n'
    b'<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet/></Workbook>'
)
#: A beginning of a workbook (BOF) and the record that says it is encrypted (FILEPASS; MS-XLS 2.4.117).
LOCKED_XLS = bytes.fromhex("0908100000060500bb0dcc0741000000060000002f000600000059b30a9a0a000000")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        pytest.param(b"7z\xbc\xaf\x27\x1c" + bytes(50), r"is a 7z archive.*'7z x FILE'", id="7z"),
        pytest.param(b"Rar!\x1a\x07\x01\x00" + bytes(50), "is a RAR archive", id="rar"),
        pytest.param(_tar("a.csv"), "is a tar archive", id="tar"),
        pytest.param(gzip.compress(_tar("a.csv")), "is a tar archive", id="tar.gz"),
        pytest.param(gzip.compress(gzip.compress(CSV)), "an archive in an archive", id="gz in gz"),
        pytest.param(_zip({"a.csv.gz": gzip.compress(CSV)}), "an archive in an archive", id="gz in zip"),
        pytest.param(_zip({"a.zip": _zip({"a.csv": CSV}), "b.csv": CSV}), "an archive in an archive", id="zip in zip"),
        pytest.param(_zip({"../../a.csv": CSV}), "leads out of it", id="traversal"),
        pytest.param(_zip({"/etc/a.csv": CSV}), "leads out of it", id="absolute"),
        pytest.param(_zip({"C:\\a.csv": CSV}), "leads out of it", id="drive"),
        pytest.param(_linked(), "holds a link in place of a file", id="link"),
        pytest.param(_locked(), "is locked with a password", id="locked"),
        pytest.param(_zip({"a.png": b"1", "b.png": b"2"}), "holds no file that could be a drop", id="pictures"),
        pytest.param(_zip({}), "holds no file that could be a drop", id="nothing"),
        pytest.param(_zip({"a.csv": CSV * 99})[:-40], "is a damaged zip archive", id="cut off"),
        pytest.param(_zip({"word/document.xml": b"", "[Content_Types].xml": b""}), "without sheets", id="docx"),
        pytest.param(b"<html><body><table><tr><td>phone</td></tr></table></body></html>", "a web page", id="html"),
        pytest.param(b'\xef\xbb\xbf\n <!DOCTYPE HTML PUBLIC "x"><p>', "is a web page", id="doctype"),
        pytest.param(b'<?xml version="1.0"?>\n<!DOCTYPE x>\n<html lang="en">', "is a web page", id="xhtml"),
        pytest.param("<table border=1><tr>".encode("utf-16"), "is a web page", id="html in utf-16"),
        pytest.param(XML_2003, "is an XML spreadsheet of 2003", id="xml 2003"),
        pytest.param(XML_2003.replace(b"\n", b""), "is an XML spreadsheet of 2003", id="xml 2003 in a line"),
        pytest.param(b"<?xml version='1.0'?><leads><lead/></leads>", "is XML, which is not read", id="xml"),
        pytest.param(b"MIME-Version: 1.0\nContent-Type: multipart/related;\n\n", r"\(MHTML\)", id="mhtml"),
        pytest.param(b"From: a@example.org\nTo: b@example.org\nSubject: leads\n\n2025550100\n", "is a mail", id="mail"),
        pytest.param(b"dn: cn=Ann\nobjectClass: person\ntelephoneNumber: 2025550100\n", "is an LDIF file", id="ldif"),
        pytest.param(b"<!-- x -->\n<table><tr><td>2025550100</td></tr></table>", "is a web page", id="comment"),
        pytest.param(b"BEGIN:VCARD\r\nVERSION:3.0\r\nTEL:2025550100\r\n", "is a vCard file", id="vcard"),
        pytest.param(
            ole_file({"EncryptionInfo": b"x", "EncryptedPackage": b"y"}), "is locked with a password", id="locked xlsx"
        ),
        pytest.param(ole_file({"Workbook": LOCKED_XLS}), "is locked with a password", id="locked xls"),
        pytest.param(ole_file({"WordDocument": b"x"}), "is a Word document", id="doc"),
        pytest.param(ole_file({"__properties_version1.0": b"x"}), "is an Outlook message", id="msg"),
    ],
)
def test_what_must_not_be_unpacked_ends_with_4(written: Written, content: bytes, says: str) -> None:
    with pytest.raises(FileError, match=says):
        read(written("drop.bin", content))


def test_more_files_than_an_archive_of_leads_has_are_refused(written: Written) -> None:
    with pytest.raises(FileError, match="holds 10,001 files"):
        read(written("drop.bin", _zip({f"{n}.csv": b"" for n in range(10_001)})))


@pytest.mark.parametrize("kind", ["gz", "zip", "many", "lying"])
def test_a_bomb_is_stopped_early(written: Written, in_folder: Path, kind: str) -> None:
    """300 MB of nothing in 1.3 MB: one stream, one member, members that add up, a size that is not true."""
    zeros = bytes(60 << 20)
    if kind == "gz":
        packed = gzip.compress(zeros, 1) * 5
    elif kind == "zip":
        packed = _zip({"a.csv": zeros * 5})
    else:
        packed = _zip({f"{n}.csv": zeros for n in range(5)})
    if kind == "lying":
        small = (1000).to_bytes(4, "little")
        packed = packed.replace(len(zeros).to_bytes(4, "little"), small)
        with pytest.raises(FileError, match="cannot be unpacked"):
            read(written("drop.bin", packed))
        return
    with pytest.raises(FileError, match="unpacks to more than 200 times its size"):
        read(written("drop.bin", packed))


def test_nothing_is_left_in_the_temporary_folder(
    written: Written, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nor is anything there by name while the run goes on."""
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(temporary))
    from pipeline.reading.opening import open_drop
    from schemas.layout import Layout

    drop = written("drop.csv.gz", gzip.compress(CSV))
    tables = open_drop([str(drop)], Layout())
    assert (len(tables), list(temporary.iterdir())) == (1, [])
    out = tmp_path / "out"
    ran = leadscrub("scrub", drop, "-o", out, "--campaign", write_campaign(tmp_path), "--as-of", "2026-11-21")
    assert (ran.code, list(temporary.iterdir())) == (0, [])


def test_members_may_be_called_anything_that_does_not_lead_away(written: Written) -> None:
    """A member's name is only a name: nothing is written under it, and what cannot be seen is spelled."""
    from pipeline.reading.opening import open_drop
    from schemas.layout import Layout

    names = ["a[1].csv", "a?#%41*.csv", "file:x.csv", "line\nbreak \x1b[2J.csv", "n" * 300 + ".csv", "~/a b.csv"]
    drop = written("drop.zip", _zip(dict.fromkeys(names, CSV)))
    tables = open_drop([str(drop)], Layout())
    assert [table.name for table in tables] == [f"drop.zip!{printable(name)}" for name in names]

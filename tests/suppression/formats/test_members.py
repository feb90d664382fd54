"""Archives are read member by member; damage, bombs and foreign files stop the run."""

from __future__ import annotations

import gzip
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from schemas.errors import FileError, ListError
from schemas.files import limits
from suppression.formats.blocks import NOT_LISTED
from suppression.formats.members import open_members
from suppression.formats.options import Options
from suppression.formats.reading import read_list
from tests.conftest import Written
from tests.suppression.formats.reading import Read, collected


def _zip(members: Mapping[str, str | bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return made.getvalue()


def _read(*paths: Path) -> Read:
    return collected(read_list(paths, Options()))


def test_every_member_of_a_zip_is_read(written: Written) -> None:
    path = written("dnc.zip", _zip({"a/212.txt": "212,5550100\n", "646.txt": "646,5550101\n", "917.txt": ""}))
    got = _read(path)
    assert got.texts == ["2125550100", "6465550101"]
    assert got.covers == {"212", "646"}
    assert [block.member for block in got.blocks] == ["212.txt", "646.txt"]


def test_files_and_gzip_are_read_one_after_the_other(written: Written) -> None:
    first = written("212.txt.gz", gzip.compress(b"212,5550100\n"))
    second = written("646.txt", "646,5550101\n")
    assert _read(first, second).texts == ["2125550100", "6465550101"]


def test_what_a_file_manager_left_is_said_not_read(written: Written) -> None:
    path = written("a.zip", _zip({"212.txt": "212,5550100\n", "__MACOSX/._212.txt": "\x00\x05"}))
    got = _read(path)
    assert got.texts == ["2125550100"]
    assert got.refused == [("._212.txt", NOT_LISTED + "left by a file manager", 1)]


def test_single_member_goes_by_its_archives_name(written: Written) -> None:
    path = written("212.zip", _zip({"full.txt": "646,5550100\n"}))
    with pytest.raises(ListError, match="says area code 212 but holds 646"):
        _read(path)


@pytest.mark.parametrize("kept", [10, 60, 200])
def test_truncated_zip_is_damage(written: Written, kept: int) -> None:
    whole = _zip({"dnc.txt": "".join(f"212,555{number:04d}\n" for number in range(100, 200))})
    with pytest.raises(ListError, match="is a damaged zip archive"):
        _read(written("dnc.zip", whole[:kept]))


def test_flipped_byte_in_a_zip_is_damage(written: Written) -> None:
    whole = bytearray(_zip({"dnc.txt": "212,5550100\n"}, zipfile.ZIP_STORED))
    whole[whole.index(b"5550100") + 6] ^= 1
    with pytest.raises(ListError, match="CRC"):
        _read(written("dnc.zip", bytes(whole)))


@pytest.mark.parametrize("kept", [12, 25])
def test_truncated_gzip_is_damage(written: Written, kept: int) -> None:
    with pytest.raises(ListError, match="cannot be unpacked"):
        _read(written("dnc.txt.gz", gzip.compress(b"212,5550100\n" * 9)[:kept]))


@pytest.mark.parametrize(
    ("content", "match"),
    [
        (b"PAR1xxxx", "is a damaged Parquet file"),
        (b"ARROW1xxxx", "is a damaged Arrow file"),
        (b"%PDF-1.7", "PDF"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1xxxx", "is a damaged workbook"),
        (_zip({"[Content_Types].xml": "<x/>"}), "is a document without sheets"),
        (_zip({"inner.zip": _zip({"a.txt": "1"})}, zipfile.ZIP_STORED), "archive in an archive"),
        (gzip.compress(gzip.compress(b"212,5550100")), "archive in an archive"),
        (b"7z\xbc\xaf\x27\x1cxxxx", "is a 7z archive"),
        (b"BZhxxxx", "cannot be unpacked"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",  # gzip writes the time into its bytes
)
def test_foreign_files_are_named(written: Written, content: bytes, match: str) -> None:
    with pytest.raises(ListError, match=match):
        _read(written("list.bin", content))


def test_missing_file_and_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(ListError, match="does not exist"):
        _read(tmp_path / "none.txt")
    with pytest.raises(ListError, match="is a folder"):
        _read(tmp_path)


@pytest.mark.parametrize("kind", ["zip", "gzip"])
def test_what_unpacks_without_end_is_refused(written: Written, monkeypatch: pytest.MonkeyPatch, kind: str) -> None:
    """The limit on size is lowered here; that on the ratio is the real one."""
    monkeypatch.setattr(limits, "BOMB_BYTES", 1 << 20)
    zeros = "0" * (4 << 20)
    content = _zip({"a.txt": zeros}) if kind == "zip" else gzip.compress(zeros.encode())
    with pytest.raises(FileError, match="200 times its size"):
        for member in open_members([written("bomb", content)]):
            while member.stream.read(1 << 16):
                pass

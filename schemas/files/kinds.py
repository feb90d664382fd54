"""What a file is, by its content and never by its name alone."""

from __future__ import annotations

import codecs
import zipfile
from typing import BinaryIO, Final, Literal

from schemas.errors import FileError
from schemas.files.inputs import Input
from schemas.files.stream_guard import DAMAGE

Kind = Literal["text", "json", "parquet", "arrow", "zip", "gzip", "zstd", "bzip2", "xlsx", "xlsb", "xls", "ods", "age"]

#: Ends of names that a folder or an archive is searched for.
TABLES: Final = (".csv", ".tsv", ".tab", ".psv", ".txt", ".dat", ".json", ".jsonl", ".ndjson", ".parquet", ".pq")
BINARY_TABLES: Final = (".arrow", ".feather", ".ipc", ".xlsx", ".xlsm", ".xlsb", ".xls", ".ods")
PACKED: Final = (".gz", ".zst", ".bz2", ".zip", ".age")
SUFFIXES: Final = (*TABLES, *BINARY_TABLES, *PACKED)

_MAGIC: Final[tuple[tuple[bytes, Kind], ...]] = (
    (b"PAR1", "parquet"),
    (b"ARROW1", "arrow"),
    (b"\xff\xff\xff\xff", "arrow"),
    (b"PK\x03\x04", "zip"),
    (b"PK\x05\x06", "zip"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"BZh", "bzip2"),
    (b"age-encryption.org/v1", "age"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "xls"),
)
#: First bytes of what is not read, what it is, and what to do.
_FOREIGN: Final = (
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it ('7z x FILE') and name the files in it."),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it ('unrar x FILE') and name the files in it."),
    (b"\xfd7zXZ\x00", "xz-compressed", "Unpack it ('unxz FILE') and name what comes out."),
    (b"FEA1", "a Feather file of version 1", "Write it as Parquet or as Feather of version 2."),
    (b"%PDF", "a PDF", "Ask for the table itself, as CSV."),
    (b"SQLite format 3", "a database", "Export its table as CSV."),
    (b"{\\rtf", "a text document (rtf)", "Ask for the table itself, as CSV."),
)
_AS_TABLE: Final = "Open it, save the table as CSV or XLSX, and name that file."
#: Beginnings of text that is no table, in lower case, with what must follow near by; what it is, and what to do.
_MARKUP: Final = (
    (("<?xml", "<workbook"), "office:spreadsheet", "an XML spreadsheet of 2003", _AS_TABLE),
    (("<?xml", "<workbook"), 'progid="excel.sheet"', "an XML spreadsheet of 2003", _AS_TABLE),
    (("<?xml",), 'progid="word.document"', "an XML document of Word", "Ask for the table itself, as CSV."),
    (("<!doctype html", "<html", "<head", "<body", "<table", "<meta", "<style"), "", "a web page (HTML)", _AS_TABLE),
    (("<?xml", "<!--"), "<html", "a web page (HTML)", _AS_TABLE),
    (("<!--",), "<table", "a web page (HTML)", _AS_TABLE),
    (("mime-version:", "from:"), "content-type: multipart", "a web page or mail in one file (MHTML)", _AS_TABLE),
    (("from:", "received:", "return-path:", "delivered-to:"), "\nsubject:", "a mail", "Save the file attached to it."),
    (("dn:", "version: 1\n"), "\nobjectclass:", "an LDIF file (directory)", "Export the contacts as CSV."),
    (("begin:vcard",), "", "a vCard file (contacts)", "Export the contacts as CSV."),
    (("begin:vcalendar",), "", "a calendar", "Ask for the table itself, as CSV."),
)
#: Streams of a compound file that is no workbook which can be read.
_COMPOUND: Final = (
    ("EncryptedPackage", "is locked with a password.", "Save it without one."),
    ("WordDocument", "is a Word document, which is not read.", "Ask for the table itself, as CSV."),
    ("PowerPoint Document", "is a presentation, which is not read.", "Ask for the table itself, as CSV."),
    ("__properties_version1.0", "is an Outlook message, which is not read.", "Save the file that is attached to it."),
)
_BOOKS: Final = ("Workbook\0", "Book\0")
_COMPOUND_BLOCK: Final = 4 << 20
#: How much of a file's beginning tells its kind.
HEAD_BYTES: Final = 1024
_MARKS: Final = ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_ARCHIVE_MARK: Final = {"xl/workbook.xml": "xlsx", "xl/workbook.bin": "xlsb"}


def kind_of(given: Input) -> Kind:
    """Find out what a file is. `FileError` when it is something that is not read."""
    with given.open("rb") as stream:
        kind = kind_of_head(stream.read(HEAD_BYTES), str(given))
        if kind == "xls":
            _refuse_compound(stream, str(given))
        return _kind_of_zip(stream, given) if kind == "zip" else kind


def kind_of_head(head: bytes, shown: str) -> Kind:
    """Find out what a file is by its first `HEAD_BYTES`; a workbook that is a zip archive is a ``zip`` here.

    Raises `FileError` when it is something that is not read.
    """
    for magic, what, hint in _FOREIGN:
        if head.startswith(magic):
            raise FileError(f"'{shown}' is {what}, which is not read.", hint)
    if head[8:12] == b"DUCK":
        raise FileError(f"'{shown}' is a DuckDB database.", "Name a table of it: 'duckdb:FILE?table=NAME'.")
    if head[257:262] == b"ustar":
        raise FileError(f"'{shown}' is a tar archive, which is not read.", "Unpack it and name the files in it.")
    kind = next((kind for magic, kind in _MAGIC if head.startswith(magic)), None)
    if kind is not None:
        return kind
    text = _beginning(head)
    _refuse_markup(text.lower(), shown)
    return "json" if _looks_json(text) else "text"


def _refuse_markup(text: str, shown: str) -> None:
    for beginnings, sign, what, hint in _MARKUP:
        if text.startswith(beginnings) and sign in text:
            raise FileError(f"'{shown}' is {what}, which is not read.", hint)


def _refuse_compound(stream: BinaryIO, shown: str) -> None:
    """Look for the names of its streams, which are anywhere in it, in UTF-16. What has a workbook in it is one."""
    names = {name.encode("utf-16-le"): name for name in (*_BOOKS, *(name for name, _, _ in _COMPOUND))}
    found: set[str] = set()
    before = b""
    while block := stream.read(_COMPOUND_BLOCK):
        found |= {name for written, name in names.items() if written in before + block}
        before = block[-64:]
    if found & set(_BOOKS):
        return
    for name, what, hint in _COMPOUND:
        if name in found:
            raise FileError(f"'{shown}' {what}", hint)


def _kind_of_zip(stream: BinaryIO, given: Input) -> Kind:
    """Workbooks are zip archives with parts of a fixed name."""
    try:
        with zipfile.ZipFile(stream) as archive:
            names = set(archive.namelist())
            for part, kind in _ARCHIVE_MARK.items():
                if part in names:
                    return kind  # type: ignore[return-value]  # both are kinds
            declared = b""
            if "mimetype" in names:
                with archive.open("mimetype") as opened:
                    declared = opened.read(100)
    except DAMAGE as error:
        raise FileError(f"'{given}' is a damaged zip archive or workbook (xlsx, ods).", "Ask for it again.") from error
    if declared.startswith(b"application/vnd.oasis.opendocument.spreadsheet"):
        return "ods"
    if declared or "[Content_Types].xml" in names:
        raise FileError(f"'{given}' is a document without sheets.", "Ask for the table itself, as CSV.")
    return "zip"


def _beginning(head: bytes) -> str:
    """Return the first characters that are not blank."""
    codec = next((codec for mark, codec in _MARKS if head.startswith(mark)), "utf-8")
    return head.decode(codec, "replace").lstrip("\ufeff \t\r\n")


def _looks_json(text: str) -> bool:
    """Whether text begins as an array of objects or as an object does; a CSV may begin with a bracket as well."""
    inside = text[1:].lstrip()[:1]
    return (text[:1] == "[" and inside in ("{", "[", "]", "")) or (text[:1] == "{" and inside in ('"', "}", ""))


def is_xml(given: Input) -> bool:
    """Whether a text is XML. A few formats of lists are; a drop is not."""
    with given.open("rb") as stream:
        return _beginning(stream.read(HEAD_BYTES)).lower().startswith(("<?xml", "<!doctype"))

"""Checks the evidence about one person without leadscrub. docs/proof.md describes the files.

python check_evidence.py EVIDENCE.zip [PUBLIC_KEY.pem]
"""

import base64
import hashlib
import json
import sys
import zipfile
from datetime import UTC, date, datetime, time
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key

SHARED = ("output", "vendor", "source_file", "source_sha256", "source_sheet", "run_id")


def canonical(document):
    """The bytes that are hashed and signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def sha256(content):
    """As hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def blake2b(kind, *parts):
    """Hash what a byte says the kind of: 0 a leaf, 1 a node above two, 2 a row, 5 its shared cells, 6 a finding."""
    return hashlib.blake2b(bytes([kind]) + b"".join(parts), digest_size=32).digest()


def is_signed(pem, signature, message):
    """Whether the key's owner signed the message (Ed25519)."""
    try:
        load_pem_public_key(pem.encode()).verify(base64.b64decode(signature), message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def number(value):
    """Seven bits a byte, the lowest first, the eighth set where more follow (LEB128)."""
    return bytes([value]) if value < 128 else bytes([value & 127 | 128]) + number(value >> 7)


def content(kind, value):
    """The bytes of a cell."""
    if kind == "text":
        return number(len(value.encode())) + value.encode()
    if kind == "texts":
        return number(len(value)) + b"".join(content("text", each) for each in value)
    if kind == "day":
        value = (date.fromisoformat(value) - date(1970, 1, 1)).days
    elif kind == "instant":
        since = datetime.fromisoformat(value.replace("Z", "+00:00")) - datetime(1970, 1, 1, tzinfo=UTC)
        value = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
    elif kind == "time":
        of_day = time.fromisoformat(value)
        value = ((of_day.hour * 60 + of_day.minute) * 60 + of_day.second) * 10**9 + of_day.microsecond * 1000
    return int(value).to_bytes(8, "little", signed=True)


def cell_bytes(columns, cells):
    """Of each cell that is not null the number of its column and the content."""
    named = [column.split(" ", 1) for column in columns]
    if not cells.keys() <= {name for _, name in named}:
        raise ValueError("a cell of no column")
    found = [(place, content(kind, cells[name])) for place, (kind, name) in enumerate(named) if name in cells]
    return b"".join(number(place) + each for place, each in found)


def row_hash(columns, cells, findings):
    """A row: the hash of the cells that all rows of a file share, the findings' hashes, and the other cells."""
    shared = {name: cells[name] for name in SHARED if name in cells}
    own = {name: cell for name, cell in cells.items() if name not in SHARED}
    said = [
        blake2b(6, cell_bytes(columns, {f"finding:{name}": cell for name, cell in each.items() if cell is not None}))
        for each in findings
    ]
    return blake2b(2, blake2b(5, cell_bytes(columns, shared)), number(len(said)), *said, cell_bytes(columns, own))


def root_above(proof, row, rows):
    """The root that a row's proof leads to, in a tree of so many leaves (RFC 9162, 2.1.3.2)."""
    place, last, found = proof["leaf"], rows - 1, blake2b(0, bytes.fromhex(proof["blinding"]), row)
    for beside in map(bytes.fromhex, proof["beside"]):
        if place % 2 or place == last:
            found = blake2b(1, beside, found)
            while place % 2 == 0 and place:
                place, last = place >> 1, last >> 1
        else:
            found = blake2b(1, found, beside)
        place, last = place >> 1, last >> 1
    return found.hex() if last == 0 else None


def check_rows(document, manifest):
    """Yield what is wrong with the rows, their proofs, and what is said of them besides."""
    tree = manifest["rows"]
    for row in document["rows"]:
        name, cells = f"row {row['row_id']}", row["cells"]
        hashed = row_hash(tree["columns"], cells, row["findings"])
        if root_above(row["proof"], hashed, tree["rows"]) != tree["root"]:
            yield f"{name}: its cells and findings do not lead to the root in manifest.json"
        if (row["row_id"], row["output"]) != (cells["row_id"], cells["output"]):
            yield f"{name}: number or output differ from its cells"
        used = {each["name"]: each for each in manifest["lists"]}
        for each in row["lists"]:
            known = used.get(each["name"], {})
            if any(each[field] != known.get(field) for field in ("version", "as_of", "kind", "files")):
                yield f"{name}: list {each['name']} differs from manifest.json"


def check(path, public=None):
    """Yield what is wrong with the evidence in a ZIP."""
    try:
        with zipfile.ZipFile(path) as archive:
            files = {name: archive.read(name) for name in archive.namelist()}
        contents, manifest = json.loads(files.pop("contents.json")), json.loads(files["manifest.json"])
        if {name: sha256(each) for name, each in files.items()} != contents["signed"]["files"]:
            yield "a file is not the one that contents.json names"
        yield from check_rows(json.loads(files["evidence.json"]), manifest)
        lines = files["log.jsonl"].split(b"\n")[:-1]
        runs = [entry for entry in map(json.loads, lines) if entry["kind"] == "run"]
        marks = [run["mark"] for run in runs if run["subject"] == manifest["run_id"]]
        if runs and sha256(files["manifest.json"]) not in marks:
            yield "manifest.json is not the one that the log names"
        if public is None:
            return
        if not is_signed(public, contents["signature"], canonical(contents["signed"])):
            yield "contents.json is not signed with this key"
        signature = json.loads(files["signature.json"])
        if not is_signed(public, signature["signature"], canonical(signature["signed"])):
            yield "signature.json is not signed with this key"
        if signature["signed"]["manifest_sha256"] != sha256(files["manifest.json"]):
            yield "manifest.json is not the one that was signed"
    except (OSError, ValueError, KeyError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        yield f"a file is missing or damaged: {error}"


if __name__ == "__main__":
    key = Path(sys.argv[2]).read_text() if len(sys.argv) > 2 else None
    faults = list(check(sys.argv[1], key))
    sys.stdout.write(
        "\n".join(faults or ["ok" if key else "ok, but no key was given: nobody vouches for manifest.json"])
    )
    sys.stdout.write("\n")
    sys.exit(1 if faults else 0)

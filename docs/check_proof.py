"""Checks a workspace's log and results, or one result, without leadscrub. docs/proof.md describes the files.

python check_proof.py WORKSPACE [PUBLIC_KEY.pem]
python check_proof.py OUT PUBLIC_KEY.pem
"""

import base64
import hashlib
import json
import sys
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import load_pem_public_key


def canonical(document):
    """The bytes that are hashed and signed."""
    return json.dumps(document, sort_keys=True, separators=(",", ":")).encode()


def sha256(content):
    """As hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def key_id(pem):
    """How entries and signatures name a key."""
    return sha256(load_pem_public_key(pem.encode()).public_bytes_raw())[:16]


def is_signed(pem, signature, message):
    """Whether the key's owner signed the message (Ed25519)."""
    try:
        load_pem_public_key(pem.encode()).verify(base64.b64decode(signature), message)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def check_log(folder, public):
    """Yield what is wrong with the log; return its entries and the keys that it names."""
    entries, keys, digests, key, prior = [], {}, {0: "0" * 64}, None, "0" * 64
    text = (folder / "chain.jsonl").read_bytes()
    for number, line in enumerate(text.split(b"\n")[:-1], 1):
        try:
            entry = json.loads(line)
            sound = canonical(entry) == line and (entry["number"], entry["prior"]) == (number, prior)
        except (ValueError, TypeError, KeyError):
            sound = False
        prior = digests[number] = sha256(line)
        if not sound:
            yield f"entry {number} does not go on from the one before it"
            continue
        signature, named = entry.pop("signature", None), entry["facts"].get("pem")
        if entry["kind"] == "key":
            keys[key_id(named)] = named
            key = named if key is None or entry["facts"].get("lost") else key
        if key is not None and not is_signed(key, signature, canonical(entry)):
            yield f"entry {number} is not signed with key {key_id(key)}"
        key = named if entry["kind"] == "key" else key
        if entry["kind"] == "break":
            yield f"the log was cut or changed before entry {number}"
        entries.append({**entry, "signed": signature is not None})
    head = json.loads((folder / "head.json").read_bytes())
    if digests.get(head["number"]) != head["digest"] or not text.endswith(b"\n"):
        yield f"the log was cut, or changed at its end: it was left with {head['number']} entries"
    if ((folder / "key.pem").read_text() if (folder / "key.pem").exists() else None) != key:
        yield "key.pem is not the key that the log names last"
    if public is not None and key_id(public) not in keys:
        yield f"no entry names key {key_id(public)}"
    return entries, keys


def check_result(out, keys, must_be_signed):
    """Yield what is wrong with a result's files and signature."""
    manifest = (out / "manifest.json").read_bytes()
    for name, file in json.loads(manifest)["outputs"].items():
        if not (out / name).is_file() or sha256((out / name).read_bytes()) != file["sha256"]:
            yield f"{out}: {name} is not the file of the manifest"
    if (out / "signature.json").exists():
        document = json.loads((out / "signature.json").read_bytes())
        signed, pem = document["signed"], keys.get(document["signed"]["key"])
        if pem is None or not is_signed(pem, document["signature"], canonical(signed)):
            yield f"{out}: signature.json is not signed with a known key"
        if signed["manifest_sha256"] != sha256(manifest):
            yield f"{out}: manifest.json is not the one that was signed"
    elif must_be_signed:
        yield f"{out}: signature.json is missing"


def check(folder, public=None):
    """Yield what is wrong with a workspace, or with a result."""
    try:
        if (folder / "manifest.json").exists():
            yield from check_result(folder, {key_id(public): public} if public else {}, must_be_signed=True)
            return
        entries, keys = yield from check_log(folder / "log", public)
        results = {}
        for entry in entries:
            if entry["kind"] == "run" and entry["facts"].get("out"):
                results[entry["facts"]["out"]] = entry
            elif entry["kind"] == "retention" and entry["facts"]["what"] == "result":
                results = {out: run for out, run in results.items() if run["subject"] != entry["subject"]}
            elif entry["kind"] == "release":
                results = {out: run for out, run in results.items() if out not in entry["facts"].get("withdrawn", [])}
            elif entry["kind"] == "timestamp":
                file = folder / "log" / "timestamps" / f"{entry['mark'][:16]}.tsr"
                if sha256(file.read_bytes()) != entry["mark"]:
                    yield f"{file} is not the one that the log names"
        for out, run in results.items():
            if sha256((folder / out / "manifest.json").read_bytes()) != run["mark"]:
                yield f"{out}: manifest.json is not the one that the log names"
            yield from check_result(folder / out, keys, run["signed"] and "entered" not in run["facts"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        yield f"a file is missing or damaged: {error}"


if __name__ == "__main__":
    faults = list(check(Path(sys.argv[1]), Path(sys.argv[2]).read_text() if len(sys.argv) > 2 else None))
    sys.stdout.write("\n".join(faults or ["ok"]) + "\n")
    sys.exit(1 if faults else 0)

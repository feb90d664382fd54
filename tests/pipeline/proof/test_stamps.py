"""A timestamp is taken when it is of the log's entry that it was asked for, and checked again ever after."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from pipeline.proof.chain import append, chain_path, position
from pipeline.proof.entries import Entry, canonical
from tests.conftest import Ran, documented_program, leadscrub, scrub_files
from tests.pipeline.proof.authority import Authority
from tests.pipeline.selling import HEADER, World, good


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("tsa") / "one", "Acme Time")


@pytest.fixture(scope="module")
def other(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority.made(tmp_path_factory.mktemp("tsa") / "other", "Other Time")


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace without a ledger, in whose log are two entries."""
    folder = tmp_path / "leads"
    folder.mkdir()
    (folder / "leadscrub.toml").write_text("", encoding="utf-8")
    append(folder, Entry("began", "log"), Entry("export", "list"))
    return folder


def asked(workspace: Path, name: str = "head.tsq") -> Path:
    path = workspace.parent / name
    ran = leadscrub("log", "stamp", "--request", path, "--workspace", workspace)
    assert (ran.code, ran.err) == (0, "")
    return path


def taken(workspace: Path, answer: Path, *options: str | Path) -> Ran:
    return leadscrub("log", "stamp", "--answer", answer, "--workspace", workspace, *options)


def stamped(workspace: Path, authority: Authority) -> Path:
    """Have the last entry stamped; the answer as it is in the log's folder."""
    ran = taken(workspace, authority.answer(asked(workspace), workspace.parent / "head.tsr"), "--ca", authority.root)
    assert (ran.code, ran.err) == (0, ""), ran.err
    (workspace.parent / "head.tsq").unlink()
    return kept(workspace, (workspace.parent / "head.tsr").read_bytes())


def kept(workspace: Path, answer: bytes) -> Path:
    return workspace / "log" / "timestamps" / f"{sha256(answer).hexdigest()[:16]}.tsr"


def verified(workspace: Path, *options: str | Path) -> tuple[int, list[str], list[str]]:
    document = json.loads(leadscrub("log", "verify", "--workspace", workspace, "--json", *options).out)
    return (0 if document["ok"] else 1), document["faults"], document["notes"]


@pytest.mark.slow
def test_an_answer_dates_the_manifest_of_a_run_and_everybody_agrees(
    authority: Authority, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LEADSCRUB_KEYS", str(tmp_path / "keys"))
    world = World(tmp_path / "leads")
    workspace = world.folder
    assert leadscrub("keys", "new", "--workspace", workspace).code == 0
    (workspace / "drop.csv").write_text(HEADER + good(0, 3), encoding="utf-8")
    campaign = workspace / "campaigns" / "calls.toml"
    assert scrub_files([workspace / "drop.csv"], workspace / "out", "--campaign", campaign).code == 0
    number, digest = position(workspace)

    answer = authority.answer(asked(workspace), tmp_path / "head.tsr")
    ran = taken(workspace, answer, "--ca", authority.root, "--json")
    document = json.loads(ran.out)
    assert (document["number"], document["digest"]) == (number, digest)
    assert (document["timestamp"]["authority"], document["timestamp"]["entry"]) == ("CN=Stamps,O=Acme Time", number + 1)
    assert kept(workspace, answer.read_bytes()).read_bytes() == answer.read_bytes()
    assert not list((workspace / "log").rglob("asked-*"))

    code, faults, notes = verified(workspace, "--ca", authority.root)
    assert (code, faults) == (0, [])
    at = document["timestamp"]["time"]
    assert notes == [f"entry {number} and all before it were there at {at}, says CN=Stamps,O=Acme Time"]
    assert "no signature was checked" in verified(workspace)[2][0]
    assert list(documented_program("check_proof").check(workspace, (workspace / "log" / "key.pem").read_text())) == []
    (tmp_path / "line").write_text(chain_path(workspace).read_text().splitlines()[number - 1])
    authority.openssl("ts", "-verify", "-data", tmp_path / "line", "-in", answer, "-CAfile", authority.root)

    # Once more it is known, and put back where it was lost.
    kept(workspace, answer.read_bytes()).unlink()
    assert "is missing" in verified(workspace)[1][0]
    ran = taken(workspace, answer)
    assert (ran.code, ran.out.split()[0], position(workspace)[0]) == (0, "known", number + 1)
    assert "whose signature it is was not checked" in ran.out
    assert verified(workspace, "--ca", authority.root)[:2] == (0, [])


@pytest.mark.parametrize("sent", [("tsa.pem", "root.pem"), ("root.pem", "tsa.pem"), ("root.pem", "other.pem")])
def test_certificates_may_come_in_any_order(
    workspace: Path, authority: Authority, other: Authority, sent: tuple[str, ...]
) -> None:
    (authority.folder / "other.pem").write_bytes(other.root.read_bytes())
    try:
        authority.sends(*sent)
        stamped(workspace, authority)
    finally:
        authority.sends("tsa.pem")
    assert verified(workspace, "--ca", authority.root)[:2] == (0, [])


def _other_request(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    """The answer to a request of the same head that another workspace has made."""
    request = asked(workspace)
    for path in (workspace / "log" / "timestamps").iterdir():
        path.unlink()
    return authority.answer(request, workspace.parent / "x"), authority.root


def _other_head(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    """The answer to what somebody made of the request on its way."""
    request = asked(workspace)
    digest = bytes.fromhex(position(workspace)[1])
    request.write_bytes(request.read_bytes().replace(digest, sha256(b"another").digest()))
    return authority.answer(request, workspace.parent / "x"), authority.root


def _refused(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    """The authority does not take this hash: SHA-512."""
    authority.openssl("ts", "-query", "-data", chain_path(workspace), "-sha512", "-out", workspace.parent / "q")
    return authority.answer(workspace.parent / "q", workspace.parent / "x"), authority.root


def _with_modifications(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    answer = authority.answer(asked(workspace), workspace.parent / "x")
    answer.write_bytes(answer.read_bytes().replace(b"\x30\x03\x02\x01\x00", b"\x30\x03\x02\x01\x01", 1))
    return answer, authority.root


def _wrong_root(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    return authority.answer(asked(workspace), workspace.parent / "x"), other.root


def _not_for_timestamps(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    """Its root vouches for it, and not for this. (openssl refuses to sign with such a certificate.)"""
    answer = authority.answer(asked(workspace), workspace.parent / "x")
    return answer, authority.folder / "tsa.pem"


def _signature_changed(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    answer = authority.answer(asked(workspace), workspace.parent / "x")
    content = bytearray(answer.read_bytes())
    content[-5] ^= 1
    answer.write_bytes(content)
    return answer, authority.root


def _cut(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
    answer = authority.answer(asked(workspace), workspace.parent / "x")
    answer.write_bytes(answer.read_bytes()[:-9])
    return answer, authority.root


def _of(content: bytes) -> Callable[[Path, Authority, Authority], tuple[Path, Path]]:
    def made(workspace: Path, authority: Authority, other: Authority) -> tuple[Path, Path]:
        (workspace.parent / "x").write_bytes(content)
        return workspace.parent / "x", authority.root

    return made


NOT_TAKEN = {
    "other request": (_other_request, "The answer is to no request of this workspace that is still open."),
    "other head": (_other_head, "and the request was for"),
    "refused": (_refused, "the authority says rejection: Message digest algorithm is not supported."),
    "with modifications": (_with_modifications, "the authority says granted with modifications"),
    "wrong root": (_wrong_root, "is not signed by an authority that"),
    "root is no root": (_not_for_timestamps, "is not signed by an authority that"),
    "signature changed": (_signature_changed, "is not signed by an authority that"),
    "cut": (_cut, "it is no answer of a timestamp authority"),
    "empty": (_of(b""), "it is no answer of a timestamp authority"),
    "garbage": (_of(b"<html>Not found</html>"), "it is no answer of a timestamp authority"),
    "long form": (_of(b"\x30\xff" * 90), "it is no answer of a timestamp authority"),
    "too large": (_of(bytes(1 << 21)), "is too large for an answer"),
}


@pytest.mark.parametrize("case", NOT_TAKEN)
def test_what_is_no_answer_to_what_was_asked_is_not_taken(
    workspace: Path, authority: Authority, other: Authority, case: str
) -> None:
    make, why = NOT_TAKEN[case]
    answer, root = make(workspace, authority, other)
    ran = taken(workspace, answer, "--ca", root)
    assert (ran.code, ran.out) == (4, "")
    assert why in ran.err
    assert "Traceback" not in ran.err
    assert (position(workspace)[0], list((workspace / "log").rglob("*.tsr"))) == (2, [])


@pytest.mark.slow
def test_every_byte_of_an_answer_that_is_another_is_refused_or_another_file(
    workspace: Path, authority: Authority
) -> None:
    """No change makes a traceback, nor dates another hash, nor at another time."""
    answer = authority.answer(asked(workspace), workspace.parent / "head.tsr")
    from pipeline.proof.timestamps import read_roots, read_timestamp

    content, roots = answer.read_bytes(), read_roots(authority.root)
    sound = read_timestamp(content)
    assert sound.signature_fault(roots) is None
    for place in range(len(content)):
        changed = bytearray(content)
        changed[place] ^= 1
        try:
            stamp = read_timestamp(bytes(changed))
        except ValueError:
            continue
        if stamp.signature_fault(roots) is None:
            assert (stamp.digest, stamp.at, stamp.nonce) == (sound.digest, sound.at, sound.nonce), place


def test_an_answer_of_an_entry_that_the_log_does_not_have_any_more_is_not_taken(
    workspace: Path, authority: Authority
) -> None:
    answer = authority.answer(asked(workspace), workspace.parent / "head.tsr")
    for name in ("chain.jsonl", "head.json"):
        (workspace / "log" / name).unlink()
    append(workspace, Entry("began", "log"), Entry("export", "another list"))
    ran = taken(workspace, answer, "--ca", authority.root)
    assert (ran.code, "entry 2 that the log does not have any more" in ran.err) == (4, True)
    assert position(workspace)[0] == 2


def chained(workspace: Path, lines: list[str]) -> None:
    """Write a log of these lines that go on from each other, as who can write to the workspace can."""
    prior, written = "0" * 64, []
    for number, line in enumerate(lines, 1):
        document = {**json.loads(line), "number": number, "prior": prior}
        written.append(canonical(document))
        prior = sha256(written[-1].encode()).hexdigest()
    chain_path(workspace).write_text("".join(f"{line}\n" for line in written))
    (workspace / "log" / "head.json").write_text(canonical({"number": len(written), "digest": prior}))


def test_whatever_is_changed_afterwards_is_named(workspace: Path, authority: Authority, other: Authority) -> None:
    first = stamped(workspace, authority)
    append(workspace, Entry("export", "third"))
    second = stamped(workspace, authority)
    contents, lines = {path: path.read_bytes() for path in (first, second)}, chain_path(workspace).read_text()
    left = (workspace / "log" / "head.json").read_text()
    many = lines.splitlines()
    assert [json.loads(line)["kind"] for line in many] == ["began", "export", "timestamp", "export", "timestamp"]

    def restored() -> None:
        for path, content in contents.items():
            path.write_bytes(content)
        chain_path(workspace).write_text(lines)
        (workspace / "log" / "head.json").write_text(left)

    def faults(*options: str | Path) -> str:
        code, found, _ = verified(workspace, *options)
        seen = list(documented_program("check_proof").check(workspace))
        restored()
        assert verified(workspace, "--ca", authority.root)[:2] == (0, [])
        return "\n".join(found) if code else f"ok; {seen}"

    first.write_bytes(contents[second])
    assert list(documented_program("check_proof").check(workspace)) == [f"{first} is not the one that the log names"]
    assert faults() == f"log/timestamps: that of entry 3 is not the answer that was logged: {first.name}"
    second.unlink()
    assert faults() == f"log/timestamps: that of entry 5 is missing: {second.name}"
    (workspace / "log" / "timestamps" / "0123456789abcdef.tsr").write_bytes(b"")
    assert verified(workspace)[1] == ["log/timestamps: the log does not know 0123456789abcdef.tsr"]
    (workspace / "log" / "timestamps" / "0123456789abcdef.tsr").unlink()
    assert "that of entry 3 is not of an authority that --ca vouches for" in faults("--ca", other.root)

    # Moved entries that go on from each other again: nothing but the timestamps shows it.
    chained(workspace, [many[0], many[3], many[2], many[1], many[4]])
    found = faults()
    assert "that of entry 3 is of hash" in found
    assert "which is not that of entry 2" in found
    assert "that of entry 5 is of hash" in found
    # Another time, or another number, in the entry.
    for name, value in (("time", "2020-01-01T00:00:00+00:00"), ("authority", "CN=Nobody"), ("number", 1)):
        document = json.loads(many[4])
        document["facts"][name] = value
        chained(workspace, [*many[:4], canonical(document)])
        assert "that of entry 5 is of" in faults(), name
    # Without timestamps, though one is asked for by name.
    chained(workspace, many[:2])
    found = faults("--ca", authority.root)
    assert "log: it has no timestamp" in found
    assert f"the log does not know {first.name}" in found


def test_an_answer_that_was_kept_before_a_kill_is_logged_by_the_next_command(
    workspace: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer = authority.answer(asked(workspace), workspace.parent / "head.tsr")

    def killed(*_: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patch:
        patch.setattr("pipeline.ledger.logged.append_signed", killed)
        assert taken(workspace, answer).code == 1
    assert (position(workspace)[0], len(list((workspace / "log").rglob("*.tsr")))) == (2, 1)
    assert verified(workspace, "--ca", authority.root)[:2] == (0, [])
    assert position(workspace)[0] == 3
    assert taken(workspace, answer).out.split()[0] == "known"
    assert not list((workspace / "log").rglob("asked-*"))


def test_without_the_extra_an_error_names_it_and_bytes_are_compared(
    workspace: Path, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stamped(workspace, authority)
    monkeypatch.setitem(sys.modules, "rfc3161_client", None)
    request = ("--request", workspace.parent / "again.tsq")
    for words in (("stamp", *request), ("stamp", "--answer", path), ("verify", "--ca", authority.root)):
        ran = leadscrub("log", *words, "--workspace", workspace)
        assert (ran.code, "pip install 'leadscrub[timestamp]'" in ran.err) == (2, True), words
    assert not (workspace.parent / "again.tsq").exists()
    code, faults, notes = verified(workspace)
    assert (code, faults, "the bytes alone were compared" in notes[0]) == (0, [], True)
    path.write_bytes(b"x")
    assert "is not the answer that was logged" in verified(workspace)[1][0]


def test_options_that_do_not_go_together_and_files_that_are_not_there(workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no certificate")
    for options, code, why in (
        ((), 2, "One of --request FILE and --answer FILE is needed."),
        (("--request", "a", "--answer", "b"), 2, "One of --request FILE and --answer FILE is needed."),
        (("--request", "a", "--ca", "b"), 2, "One of --request FILE and --answer FILE is needed."),
        (("--request", tmp_path / "no.pem"), 7, "exists already"),
        (("--answer", tmp_path / "none.tsr"), 4, "cannot be read: No such file or directory"),
        (("--answer", tmp_path / "no.pem", "--ca", tmp_path / "no.pem"), 4, "it has no certificate in PEM"),
    ):
        ran = leadscrub("log", "stamp", *options, "--workspace", workspace)
        assert (ran.code, why in ran.err) == (code, True), ran.err
    ran = leadscrub("log", "stamp", "--request", tmp_path / "a", "--workspace", tmp_path)
    assert (ran.code, "is not a workspace" in ran.err) == (2, True)

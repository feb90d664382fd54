"""Drops are fetched from real servers on loopback: S3, SFTP and HTTP."""

from __future__ import annotations

import gzip
import json
import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Ran, can_be_seen, leadscrub, write_campaign
from tests.pipeline.reading.servers import breaking_link, http_server, s3_server, sftp_server

pytestmark = pytest.mark.slow

CSV = b"name,phone\nAnn,2025550100\nBo,2025550101\n"
#: Noise that does not pack, long enough to be broken off in the middle.
LONG = b"name,phone\n" + random.Random(5).randbytes(300_000).hex().encode()
Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Scrub a URL in a dry run."""

    def scrub(*drops: str) -> Ran:
        campaign = write_campaign(tmp_path, ("call",))
        return leadscrub("scrub", *drops, "-o", tmp_path / "out", "--campaign", campaign, "--dry-run", "--json")

    return scrub


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A bucket ``drops`` of an S3 server, to which the environment leads, and the server's port."""
    with s3_server(monkeypatch) as (client, port):
        client.put_object(Bucket="drops", Key="nov/a.csv", Body=CSV)
        client.put_object(Bucket="drops", Key="nov/b.csv.gz", Body=gzip.compress(CSV))
        client.put_object(Bucket="drops", Key="nov/readme.md", Body=b"#")
        client.put_object(Bucket="drops", Key="long.csv", Body=LONG)
        yield client, port


def counted(ran: Ran) -> dict[str, int]:
    """Name of each file and records read."""
    import json

    assert ran.code == 0, ran.err
    return {name: counts["read"] for name, counts in json.loads(ran.out)["files"].items()}


def test_s3_gives_objects_folders_and_patterns(run: Run, bucket: Any) -> None:
    assert counted(run("s3://drops/nov/a.csv")) == {"a.csv": 2}
    assert counted(run("s3://drops/nov")) == {"a.csv": 2, "b.csv.gz": 2}
    assert counted(run("s3://drops/nov/*.gz")) == {"b.csv.gz": 2}


def test_s3_that_is_missing_or_breaks_off_ends_with_4(run: Run, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for url in ("s3://drops/gone.csv", "s3://nowhere/a.csv"):
        ran = run(url)
        assert (ran.code, ran.err) == (4, f"leadscrub: Drop '{url}' does not exist. Check the URL.\n")
    ran = run("s3://drops/nov/*.xlsx")
    assert (ran.code, "names no file that could be a drop" in ran.err) == (4, True)
    with breaking_link(bucket[1], 200_000) as port:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{port}")
        ran = run("s3://drops/long.csv")
    assert ran.code == 4
    assert "'s3://drops/long.csv' could not be fetched to its end" in ran.err


def test_s3_without_credentials_is_denied(run: Run, bucket: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    ran = run("s3://drops/nov/a.csv")
    assert ran.code == 4
    assert ran.err.startswith("leadscrub: Access to 's3://drops/nov/a.csv' is denied.")


@pytest.fixture
def served(tmp_path: Path) -> Path:
    """A folder as a vendor offers it."""
    folder = tmp_path / "served"
    (folder / "nov").mkdir(parents=True)
    (folder / "nov" / "a.csv").write_bytes(CSV)
    (folder / "nov" / "b.csv.gz").write_bytes(gzip.compress(CSV))
    (folder / "long.csv").write_bytes(LONG)
    return folder


def test_sftp_uses_the_keys_and_hosts_of_ssh(
    run: Run, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with sftp_server(served, home) as port:
        base = f"sftp://vendor@127.0.0.1:{port}"
        assert counted(run(f"{base}/nov/a.csv")) == {"a.csv": 2}
        assert counted(run(f"{base}/nov")) == {"a.csv": 2, "b.csv.gz": 2}
        ran = run(f"{base}/gone.csv")
        assert (ran.code, ran.err) == (
            4,
            f"leadscrub: Drop 'sftp://127.0.0.1:{port}/gone.csv' does not exist. Check the URL.\n",
        )
        with breaking_link(port, 200_000) as broken:
            hosts = home / ".ssh" / "known_hosts"
            hosts.write_text(hosts.read_text().replace(str(port), str(broken)))
            ran = run(f"sftp://vendor@127.0.0.1:{broken}/long.csv")
        assert ran.code == 4
        assert "could not be fetched to its end" in ran.err
        hosts.write_text("")
        ran = run(f"{base}/nov/a.csv")
        assert (ran.code, "is not the one in ~/.ssh/known_hosts, or not in it" in ran.err) == (4, True)
        hosts.unlink()
        (home / ".ssh" / "id_ed25519").unlink()


def test_sftp_without_the_key_is_denied(
    run: Run, served: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    with sftp_server(served, home) as port:
        (home / ".ssh" / "id_ed25519").unlink()
        ran = run(f"sftp://vendor@127.0.0.1:{port}/nov/a.csv")
    assert ran.code == 4
    assert ran.err.startswith(f"leadscrub: Access to 'sftp://127.0.0.1:{port}/nov/a.csv' is denied.")


def test_http_gives_a_file_and_never_shows_the_query(run: Run, served: Path) -> None:
    """A signed URL is a secret."""
    with http_server(served) as base:
        assert counted(run(f"{base}/nov/b.csv.gz?signature=hush")) == {"b.csv.gz": 2}
        for path, says in {
            "gone.csv": "does not exist",
            "secret.csv": "is denied",
            "broken.csv": "could not be fetched to its end",
        }.items():
            ran = run(f"{base}/{path}?signature=hush")
            assert (ran.code, says in ran.err, "hush" in ran.err + ran.out) == (4, True, False), ran.err
        assert f"'{base}/broken.csv'" in ran.err
    ran = run(f"{base}/nov/a.csv")
    assert (ran.code, "could not be fetched" in ran.err) == (4, True)


def test_a_url_may_lead_on_to_the_same_server_only(run: Run, served: Path, in_folder: Path) -> None:
    """Another server is another one's word, which the user did not take; a setting names it."""
    with http_server(served) as base, http_server(served) as other:
        assert counted(run(f"{base}/to//nov/a.csv")) == {"a.csv": 2}
        elsewhere, server = f"{base}/to/{other}/nov/a.csv", other.removeprefix("http://")
        ran = run(elsewhere)
        assert (ran.code, json.loads(ran.out)["error"]["exit_code"]) == (4, 4)
        assert f'leads on to another server, {server}. If that is right, add redirects = ["{server}"]' in ran.err
        plain = run(f"{base}/to/http://{base.removeprefix('http://').replace('127.0.0.1', '127.0.0.2')}/nov/a.csv")
        assert (plain.code, "leads on to another server, 127.0.0.2:" in plain.err) == (4, True)
        (in_folder / "leadscrub.toml").write_text(f'[remote]\nredirects = ["{server}"]\n')
        assert counted(run(elsewhere)) == {"a.csv": 2}
        (in_folder / "leadscrub.toml").write_text('[remote]\nredirects = ["127.0.0.2"]\n')
        plain = run(f"{base}/to/http://127.0.0.2:{server.rpartition(':')[2]}/nov/a.csv")
        assert (plain.code, "leads on to http://, which sends personal data unprotected" in plain.err) == (4, True)


def test_an_s3_endpoint_without_https_must_be_named(run: Run, monkeypatch: pytest.MonkeyPatch, in_folder: Path) -> None:
    with s3_server(monkeypatch, "127.0.0.2") as (client, port):
        client.put_object(Bucket="drops", Key="a.csv", Body=CSV)
        ran = run("s3://drops/a.csv")
        assert (ran.code, "s3:// at http://127.0.0.2 sends personal data unprotected." in ran.err) == (2, True), ran.err
        (in_folder / "leadscrub.toml").write_text(f'[remote]\nplain_http = ["127.0.0.2:{port}"]\n')
        assert counted(run("s3://drops/a.csv")) == {"a.csv": 2}


ODD = ("a[1].csv", "a?b.csv", "a#b.csv", "a%41.csv", "a b.csv", "a*.csv", "ä\x1b[31m.csv", "n" * 900 + ".csv")


def test_a_key_is_a_key_whatever_is_in_it(run: Run, bucket: Any) -> None:
    """Beside each there is the one that it would be as a glob, or as a part of a URL."""
    for key in (*ODD, "a1.csv", "a", "axb.csv", "aA.csv"):
        bucket[0].put_object(Bucket="drops", Key=f"odd/{key}", Body=CSV if key in ODD else b"name,phone\n")
    ran = run(*(f"s3://drops/odd/{key}" for key in ODD))
    assert [*counted(ran).values()] == [2] * len(ODD)
    assert all(map(can_be_seen, (ran.out + ran.err).split("\n")))


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://vendor.example/a.csv", "'ftp://' is not read. Did you mean 'sftp'?"),
        ("sftp://bo:hush@vendor.example/a.csv", "A password in a sftp:// URL stays in the shell's history."),
        ("http://vendor.example/a.csv", "http:// sends personal data unprotected. Use https://, or add plain_http = ["),
    ],
)
def test_a_url_that_is_wrong_usage_ends_with_2(run: Run, url: str, says: str) -> None:
    ran = run(url)
    assert (ran.code, says in ran.err, "hush" in ran.err) == (2, True, False), ran.err


@pytest.mark.parametrize(("url", "extra"), [("gs://b/a.csv", "gs"), ("az://b/a.csv", "az")])
def test_an_extra_that_is_missing_is_named(run: Run, url: str, extra: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    for module in ("gcsfs", "adlfs"):
        monkeypatch.setitem(sys.modules, module, None)
    ran = run(url)
    assert ran.code == 4
    assert f"pip install 'leadscrub[{extra}]'" in ran.err

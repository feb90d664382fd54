"""--check-mx against a real DNS server on loopback: three outcomes, and no answer is never a bad one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import pipeline.stages.mail_hosts
from pipeline.stages.mail_check import CACHE_FILE
from pipeline.stages.mail_hosts import mail_states, resolver_for
from schemas.errors import UsageError
from tests.conftest import DAY, Scrub, Scrubbed, Written, leadscrub
from tests.dns_server import GARBAGE, REFUSED, SERVFAIL, SILENT, TRUNCATED, DnsServer, Zone, dns_server, unused_port

pytestmark = pytest.mark.slow

ZONE: Zone = {
    "mx.museum": ["MX 10 mail.mx.museum."],
    "several.museum": ["MX 10 a.museum.", "MX 20 b.museum."],
    "address.museum": ["A 192.0.2.1"],
    "v6.museum": ["AAAA 2001:db8::1"],
    "null.museum": ["MX 0 ."],
    "half-null.museum": ["MX 0 .", "MX 10 mail.museum."],
    "empty.museum": ["TXT nothing"],
    "servfail.museum": SERVFAIL,
    "refused.museum": REFUSED,
    "silent.museum": SILENT,
    "garbage.museum": GARBAGE,
    "long.museum": TRUNCATED,
    "xn--bcher-kva.museum": ["MX 10 mail.museum."],
}


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Servers that keep silent need not be waited for as long as on the real network."""
    monkeypatch.setattr(pipeline.stages.mail_hosts, "_TRY_SECONDS", 1.0)
    monkeypatch.setattr(pipeline.stages.mail_hosts, "_QUESTION_SECONDS", 2.5)


@pytest.fixture
def server() -> Iterator[DnsServer]:
    with dns_server(ZONE) as running:
        yield running


def test_each_kind_of_answer_has_its_state(server: DnsServer) -> None:
    expected = {
        "mx.museum": "receives",
        "several.museum": "receives",
        "address.museum": "receives",
        "v6.museum": "receives",
        "half-null.museum": "receives",
        "long.museum": "receives",
        "bücher.museum": "receives",
        "null.museum": "null_mx",
        "empty.museum": "nowhere",
        "no-such.museum": "nowhere",
        "servfail.museum": "no_answer",
        "refused.museum": "no_answer",
        "silent.museum": "no_answer",
        "garbage.museum": "no_answer",
    }
    assert mail_states(list(expected), resolver_for(server.address)) == expected


def test_silent_servers_do_not_hold_up_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """More domains than are asked about at once; few enough that a busy machine answers the others in time."""
    monkeypatch.setattr(pipeline.stages.mail_hosts, "_AT_ONCE", 6)
    zone: Zone = {f"d{number}.museum": ["MX 10 mail.museum."] for number in range(30)}
    zone |= {f"d{number}.museum": SILENT for number in range(0, 30, 8)}
    with dns_server(zone) as server:
        states = mail_states(list(zone), resolver_for(server.address))
        assert sorted(domain for domain, state in states.items() if state != "receives") == sorted(
            domain for domain, said in zone.items() if said == SILENT
        )


def test_nobody_at_the_address_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pipeline.stages.mail_hosts, "_QUESTION_SECONDS", 0.5)
    resolver = resolver_for(f"127.0.0.1:{unused_port()}")
    assert mail_states(["mx.museum"], resolver) == {"mx.museum": "no_answer"}


@pytest.mark.parametrize("server", ["nonsense:port", "127.0.0.1:x", "not an address"])
def test_a_wrong_server_is_refused(server: str) -> None:
    with pytest.raises(UsageError, match="is no DNS server"):
        resolver_for(server)


DROP = (
    "email,phone\n"
    "ann@mx.museum,\n"
    "bo@null.museum,202-555-0100\n"
    "cy@no-such.museum,\n"
    "di@servfail.museum,\n"
    "ed@MX.museum,\n"
    "nowhere@mailinator.com,\n"
)
#: Costs the time that silent servers are waited for. That the server fails comes to the same.
AND_SILENCE = DROP + "flo@silent.museum,\n"


def checked(scrub: Scrub, server: DnsServer, *options: str | Path, drop: str = DROP, **more: Any) -> Scrubbed:
    ran = scrub(drop, "--check-mx", "--dns-server", server.address, *options, **more)
    assert ran.code == 0, ran.err
    return ran


def test_a_domain_without_mail_is_blocked_and_no_answer_is_a_flag(scrub: Scrub, server: DnsServer) -> None:
    ran = checked(scrub, server, drop=AND_SILENCE)
    assert ran.clean_rows("row_id", "email", "channels", "flags") == [
        (0, "ann@mx.museum", ["email"], []),
        (1, None, ["call"], []),
        (3, "di@servfail.museum", ["email"], ["email.mx_not_checked"]),
        (4, "ed@mx.museum", ["email"], []),
        (6, "flo@silent.museum", ["email"], ["email.mx_not_checked"]),
    ]
    assert ran.rejected_rows("row_id", "reasons", "disposition") == [
        (2, ["email.no_mx"], "return"),
        (5, ["email.disposable"], "return"),
    ]
    assert ran.findings.filter(code="email.no_mx").select("row_id", "point", "source", "detail").rows() == [
        (1, "email", "DNS (--check-mx)", "b*****@n*****.museum: the domain says that it accepts no mail"),
        (2, "email", "DNS (--check-mx)", "c*****@n*****.museum: the domain has no mail server"),
    ]
    # What is blocked already is not asked about, and no domain twice.
    assert server.asked["mailinator.com", "MX"] == 0
    assert server.asked["mx.museum", "MX"] == 1


def test_the_answers_stand_in_the_manifest_and_in_the_run_s_id(scrub: Scrub, server: DnsServer) -> None:
    first, again = checked(scrub, server, out="a"), checked(scrub, server, out="b")
    record = first.manifest["mail_check"]
    assert {name: value for name, value in record.items() if name != "answers_sha256"} == {
        "resolver": server.address,
        "domains": 4,
        "from_cache": 0,
        "receives": 1,
        "nowhere": 1,
        "null_mx": 1,
        "no_answer": 1,
    }
    assert again.manifest["run_id"] == first.manifest["run_id"]
    for name in ("clean", "rejected", "findings"):
        one, other = ((ran.folder / f"{name}.parquet").read_bytes() for ran in (first, again))
        assert one == other, name
    server.zone = {**ZONE, "no-such.museum": ["MX 10 mail.museum."]}
    assert checked(scrub, server, out="c").manifest["run_id"] != first.manifest["run_id"]
    assert scrub(DROP, out="d").manifest["mail_check"] is None


def test_a_store_keeps_answers_for_some_days(scrub: Scrub, written: Written, server: DnsServer, tmp_path: Path) -> None:
    store = tmp_path / "store"
    ours = written("ours.txt", "zoe@mx.museum\n")
    loaded = leadscrub(
        *("lists", "add", "ours", ours, "--kind", "dnc.internal", "--as-of", DAY, "--store", store, "--region", "US")
    )
    assert loaded.code == 0, loaded.err
    checked(scrub, server, "--store", store, "--dry-run", out="dry")
    assert not (store / CACHE_FILE).exists()
    first = checked(scrub, server, "--store", store, out="a")
    kept = json.loads((store / CACHE_FILE).read_text(encoding="utf-8"))
    assert kept == {"mx.museum": ["receives", DAY], "no-such.museum": ["nowhere", DAY], "null.museum": ["null_mx", DAY]}
    asked = server.asked["mx.museum", "MX"]
    again = checked(scrub, server, "--store", store, out="b")
    assert again.manifest["mail_check"]["from_cache"] == 3
    assert server.asked["mx.museum", "MX"] == asked
    assert again.manifest["run_id"] == first.manifest["run_id"]
    # Seven days later they still hold, on the eighth they do not; nor do answers of a day that is yet to come.
    for day, from_cache, out in (("2026-11-28", 3, "c"), ("2026-11-20", 0, "d")):
        ran = checked(scrub, server, "--store", store, "--as-of", day, out=out)
        assert ran.manifest["mail_check"]["from_cache"] == from_cache, day
    (store / CACHE_FILE).write_text('{"mx.museum": 1}', encoding="utf-8")
    assert checked(scrub, server, "--store", store, out="e").manifest["mail_check"]["from_cache"] == 0


def test_a_server_without_the_check_is_wrong_usage(scrub: Scrub) -> None:
    ran = scrub(DROP, "--dns-server", "127.0.0.1:53")
    assert ran.code == 2
    assert "Add --check-mx" in ran.err


def test_a_drop_without_emails_asks_nobody(scrub: Scrub, server: DnsServer) -> None:
    ran = scrub("phone\n202-555-0100\n", "--check-mx", "--dns-server", server.address, channels=("call",))
    assert ran.code == 0, ran.err
    assert ran.manifest["mail_check"]["domains"] == 0
    assert not server.asked

"""A small authoritative DNS server on loopback, for tests: real packets over UDP and TCP, with answers as told."""

from __future__ import annotations

import socket
import socketserver
import struct
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import dns.flags
import dns.message
import dns.rcode
import dns.rrset

#: Owner name (without the last dot) -> records as they stand in a zone file, ``MX 10 mail.example.``; or a word.
Zone = dict[str, list[str] | str]
#: What a zone may say of a name instead of records.
SERVFAIL, REFUSED, SILENT, TRUNCATED, GARBAGE = "servfail", "refused", "silent", "truncated", "garbage"


@dataclass
class DnsServer:
    """Where it listens, and which questions it was asked, each with how often."""

    zone: Zone
    port: int = 0
    asked: Counter[tuple[str, str]] = field(default_factory=Counter)
    _counting: threading.Lock = field(default_factory=threading.Lock)

    @property
    def address(self) -> str:
        """As ``--dns-server`` takes it."""
        return f"127.0.0.1:{self.port}"

    def answer(self, packet: bytes, *, over_tcp: bool) -> bytes | None:
        """Make the reply to one question; None where the server keeps silent."""
        query = dns.message.from_wire(packet)
        question = query.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        with self._counting:
            self.asked[name, kind] += 1
        reply = dns.message.make_response(query)
        reply.flags |= dns.flags.AA
        said = self.zone.get(name)
        if said == SILENT:
            return None
        if said == GARBAGE:
            return packet[:2] + b"\xff\xff"
        if said == SERVFAIL:
            reply.set_rcode(dns.rcode.SERVFAIL)
        elif said == REFUSED:
            reply.set_rcode(dns.rcode.REFUSED)
        elif said == TRUNCATED and not over_tcp:
            reply.flags |= dns.flags.TC
        elif said is None:
            reply.set_rcode(dns.rcode.NXDOMAIN)
        else:
            records = ["MX 10 mail.example."] if isinstance(said, str) else said
            texts = [text for text in records if text.split()[0] == kind]
            if texts:
                data = [text.partition(" ")[2] for text in texts]
                reply.answer.append(dns.rrset.from_text(question.name, 300, "IN", kind, *data))
        return reply.to_wire()


@contextmanager
def dns_server(zone: Zone) -> Iterator[DnsServer]:
    """Serve a zone over UDP and TCP on one free port for as long as the block lasts."""
    server = DnsServer(zone)

    class Udp(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            packet, listening = self.request
            if (reply := server.answer(packet, over_tcp=False)) is not None:
                listening.sendto(reply, self.client_address)

    class Tcp(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            (length,) = struct.unpack("!H", self.rfile.read(2))
            if (reply := server.answer(self.rfile.read(length), over_tcp=True)) is not None:
                self.wfile.write(struct.pack("!H", len(reply)) + reply)

    udp, tcp = _on_one_port(Udp, Tcp)
    server.port = udp.server_address[1]
    with udp, tcp:
        threads = [threading.Thread(target=each.serve_forever, args=(0.05,), daemon=True) for each in (udp, tcp)]
        for thread in threads:
            thread.start()
        try:
            yield server
        finally:
            for each in (udp, tcp):
                each.shutdown()
            for thread in threads:
                thread.join()


def _on_one_port(
    udp: type[socketserver.BaseRequestHandler], tcp: type[socketserver.BaseRequestHandler]
) -> tuple[socketserver.ThreadingUDPServer, socketserver.ThreadingTCPServer]:
    """Bind one port for both; another one where a connection of somebody else has it for TCP."""
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    for left in reversed(range(20)):
        datagrams = socketserver.ThreadingUDPServer(("127.0.0.1", 0), udp)
        try:
            return datagrams, socketserver.ThreadingTCPServer(datagrams.server_address, tcp)
        except OSError:
            datagrams.server_close()
            if not left:
                raise
    raise AssertionError("unreachable")


def unused_port() -> int:
    """Return a port of loopback on which nothing listens."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])

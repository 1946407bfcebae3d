"""A name server on loopback: dnspython asks it over UDP, as it asks any other.

`records` maps (name, kind) to texts in zone file form; a name in `silent` gets no answer at all, one in `broken`
gets SERVFAIL.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.resolver
import dns.rrset


@dataclass
class NameServer:
    records: Mapping[tuple[str, str], tuple[str, ...]]
    silent: frozenset[str] = frozenset()
    broken: frozenset[str] = frozenset()
    asked: list[str] = field(default_factory=list)

    def __enter__(self) -> Self:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())  # an empty datagram ends it
        self._thread.join()
        self._socket.close()

    def resolver(self) -> dns.resolver.Resolver:
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers = ["127.0.0.1"]
        resolver.port = self._socket.getsockname()[1]
        return resolver

    def _serve(self) -> None:
        while True:
            request, client = self._socket.recvfrom(4096)
            if not request:
                return
            answer = self._answer(dns.message.from_wire(request))
            if answer is not None:
                self._socket.sendto(answer.to_wire(), client)

    def _answer(self, request: dns.message.Message) -> dns.message.Message | None:
        question = request.question[0]
        name, kind = question.name.to_text(omit_final_dot=True).lower(), dns.rdatatype.to_text(question.rdtype)
        self.asked.append(f"{name} {kind}")
        if name in self.silent:
            return None
        answer = dns.message.make_response(request)
        if name in self.broken:
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not any(known == name for known, _ in self.records):
            answer.set_rcode(dns.rcode.NXDOMAIN)
        texts = self.records.get((name, kind), ())
        if texts:
            answer.answer.append(dns.rrset.from_text_list(question.name, 60, "IN", kind, texts))
        return answer


@contextmanager
def name_server(
    records: Mapping[tuple[str, str], tuple[str, ...]], silent: str = "", broken: str = ""
) -> Iterator[NameServer]:
    """A server that answers while the block lasts."""
    with NameServer(records, frozenset(silent.split()), frozenset(broken.split())) as server:
        yield server

"""Checks senders against the DNS: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), for a door that stands alone.

Asked by the `checked_door` that `app.doors` puts around a mail door. What was found is written on top of the mail as
an Authentication-Results field of our own (RFC 8601) before the mail is kept, so that it lasts as long as the mail. It
promises that a mail waits no longer than the limit, that no failure of a check keeps a mail out, and that what the DNS
does not say counts for nothing. Needs the extra `auth`; imported only where a door checks.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import dkim
import dns.exception
import dns.resolver
import spf
from publicsuffixlist import PublicSuffixList

from intakebot.channels.smtp_settings import is_in
from intakebot.reading.addresses import sole_sender
from intakebot.reading.attempt import attempt
from intakebot.reading.authentication import ascii_domain, stamped
from intakebot.reading.headers import read_headers, split_message

if TYPE_CHECKING:
    from intakebot.channels.smtp_settings import Network
    from intakebot.domain.contact import Incoming

LIMIT = timedelta(seconds=8)
THREADS = 8
LOOKUPS = 60
SIGNATURES = 4
LONGEST_RECORD = 1500
"""Bytes of a TXT record. A longer one could hold a key whose arithmetic alone stops everything."""
LONGEST_SIGNED = 25_000_000
LONGEST_BLANKS = 4096
MOST_BLANKS = 400_000
"""The library looks at each run of blanks by itself while everything else in the process waits."""
NOTHING = "none"
"""What stands in the place of results where there are none (RFC 8601 section 2.2)."""
_SAFE_VALUE = re.compile(r"[A-Za-z0-9._-]{1,253}")
_TAG = re.compile(r"\s*([a-z]+)\s*=\s*([^;]*)", re.IGNORECASE)
_POLICIES = ("none", "quarantine", "reject")


class Unanswered(Exception):  # noqa: N818 - it is no error: nobody answered, so nothing is known
    """The DNS gave no answer in time, or must not be asked any more for this mail."""


class Lookup:
    """What one mail may ask the DNS; `left` says for how many seconds still. `failed` = an answer is missing."""

    def __init__(self, resolver: dns.resolver.Resolver, left: Callable[[], float]) -> None:
        self._resolver = resolver
        self._left = left
        self._known: dict[tuple[str, str], list[Any]] = {}
        self.failed = False

    def __call__(self, name: str, kind: str) -> list[Any]:
        """The records, [] when there are none; raises Unanswered."""
        key = (name.lower().rstrip("."), kind)
        if key not in self._known:
            self._known[key] = self._asked(*key)
        return self._known[key]

    def text(self, name: str) -> list[str]:
        """The TXT records of a name that are short enough to be meant."""
        records = (b"".join(record.strings) for record in self(name, "TXT"))
        return [record.decode("utf-8", "replace") for record in records if len(record) <= LONGEST_RECORD]

    def _asked(self, name: str, kind: str) -> list[Any]:
        left = self._left()
        if left <= 0 or len(self._known) >= LOOKUPS:
            self.failed = True
            raise Unanswered(name)
        try:
            return list(self._resolver.resolve(name, kind, lifetime=left, search=False))
        except (dns.resolver.NoAnswer, dns.resolver.NXDOMAIN, UnicodeError, ValueError):
            return []
        except dns.exception.SyntaxError:
            return []
        except (dns.exception.DNSException, OSError) as error:
            self.failed = True
            raise Unanswered(name) from error


@dataclass(frozen=True, slots=True)
class Outcome:
    """One result: what was found, and for which domain."""

    outcome: str
    domain: str = ""


class _Query(spf.query):  # type: ignore[misc]  # the library has no types
    """An SPF query that asks our `Lookup`, within the library's own limits (RFC 7208 section 4.6.4)."""

    def __init__(self, lookup: Lookup, **of_mail: str) -> None:
        super().__init__(**of_mail)
        self._lookup = lookup

    def dns(self, name: str, qtype: str, cnames: object = None, ignore_void: bool = False) -> list[Any]:  # noqa: ARG002, FBT001, FBT002 - the library's
        """The records as the library wants them."""
        try:
            found = [_as_spf_reads(record, qtype) for record in self._lookup(str(name), qtype)]
        except Unanswered as error:
            raise spf.TempError(f"DNS {error}") from error
        if not found and not ignore_void:
            self.void_lookups += 1
            if self.void_lookups > spf.MAX_VOID_LOOKUPS:
                raise spf.PermError("too many lookups without an answer")
        return found


def _as_spf_reads(record: Any, kind: str) -> Any:  # noqa: ANN401 - a record of any kind
    if kind == "MX":
        return record.preference, record.exchange.to_text(omit_final_dot=True)
    if kind == "PTR":
        return record.target.to_text(omit_final_dot=True)
    return record.strings if kind == "TXT" else record.address


def spf_of(lookup: Lookup, peer: str, sender: str, greeting: str) -> Outcome:
    """Whether the machine may send for the envelope's domain, or for its own name where the sender is null."""
    domain = ascii_domain(sender.rpartition("@")[2] or greeting)
    if not domain or not peer:
        return Outcome("none")
    query = attempt(lambda: _Query(lookup, i=peer, s=sender, h=greeting or "unknown"), None, [], "")
    found = attempt(lambda: str(query.check()[0]), "permerror", [], "") if query else "permerror"
    return Outcome(found, domain)


def dkim_of(lookup: Lookup, content: bytes) -> list[Outcome]:
    """The first signatures, each by itself; none of a mail that would take too long to verify."""
    if len(content) > LONGEST_SIGNED or _has_too_many_blanks(content):
        return []
    relaxed = lru_cache(1)(lambda: _relaxed(content))
    nothing: list[Outcome] = []
    return attempt(lambda: [*_signatures(lookup, content, relaxed)], nothing, [], "")


def _signatures(lookup: Lookup, content: bytes, relaxed: Any) -> Iterator[Outcome]:  # noqa: ANN401 - a cached function
    for index in range(SIGNATURES):
        signature = dkim.DKIM(content)
        prepared = attempt(lambda at=index, of=signature: of.verify_headerprep(at), None, [], "")  # type: ignore[misc]
        if prepared is False:
            return
        fields = signature.signature_fields if prepared else {}
        domain = fields.get(b"d", b"").decode("ascii", "replace").lower()
        if not prepared or b"from" not in signature.include_headers:
            yield Outcome("permerror", domain)
        elif b"l" in fields:
            yield Outcome("policy", domain)  # what follows the signed part may be anybody's
        else:
            if fields.get(b"c", b"").endswith(b"/relaxed"):
                signature = dkim.DKIM(relaxed())
            yield _verified(lookup, signature, index, domain)


def _verified(lookup: Lookup, signature: Any, index: int, domain: str) -> Outcome:  # noqa: ANN401 - the library has no types
    lookup.failed = False
    good = attempt(lambda: bool(signature.verify(index, dnsfunc=_key_of(lookup))), False, [], "")  # noqa: FBT003
    return Outcome("pass" if good else "temperror" if lookup.failed else "fail", domain)


def _key_of(lookup: Lookup) -> Any:  # noqa: ANN401 - what the library calls
    def key(name: bytes, timeout: int = 0) -> bytes | None:  # noqa: ARG001 - the library's
        nothing: list[str] = []
        records = attempt(lambda: lookup.text(name.decode("ascii")), nothing, [], "")
        return records[0].encode() if len(records) == 1 else None

    return key


def _has_too_many_blanks(content: bytes) -> bool:
    blanks = content.replace(b"\t", b" ")
    return blanks.count(b" ") > MOST_BLANKS or b" " * (LONGEST_BLANKS + 1) in blanks


def _relaxed(content: bytes) -> bytes:
    """The mail with its body canonicalised (RFC 6376 section 3.4.4) in linear time, which the library does not do."""
    block, body = split_message(content, [])
    body = body.replace(b"\t", b" ")
    while b"  " in body:  # each time half as many, and there are no long runs
        body = body.replace(b"  ", b" ")
    return block + body.replace(b" \r\n", b"\r\n")


def dmarc_of(lookup: Lookup, from_domain: str, good: Iterable[tuple[str, str]]) -> tuple[Outcome, str]:
    """Whether a passed check (`good`: method and domain) is of the From domain; and the policy, '' where there is none.

    `pct` is ignored: whom to believe is no matter of chance.
    """
    organisation = organisational(from_domain)
    own = _record(lookup, from_domain)
    record = own or (_record(lookup, organisation) if organisation != from_domain else {})
    if not record:
        return Outcome("none", from_domain), ""
    policy = record.get("p", "none") if own else record.get("sp", record.get("p", "none"))
    for method, domain in good:
        strict = record.get("aspf" if method == "spf" else "adkim", "r") == "s"
        if domain == from_domain or (not strict and organisational(domain) == organisation):
            return Outcome("pass", from_domain), policy
    return Outcome("fail", from_domain), policy


def _record(lookup: Lookup, domain: str) -> dict[str, str]:
    """The DMARC record of a domain by its tags; empty where there is not exactly one that can be used."""
    found = [text for text in lookup.text(f"_dmarc.{domain}") if re.match(r"v\s*=\s*DMARC1\s*(;|$)", text)]
    if len(found) != 1:
        return {}
    tags = {name.lower(): value.strip().lower() for name, value in _TAG.findall(found[0])}
    if tags.get("p") not in _POLICIES:
        return tags | {"p": "none"} if "rua" in tags else {}
    return tags if tags.get("sp", "none") in _POLICIES else {**tags, "sp": tags["p"]}


@lru_cache(maxsize=1)
def _suffixes() -> Any:  # noqa: ANN401 - the library has no types
    return PublicSuffixList()


def organisational(domain: str) -> str:
    """The domain that somebody registered (RFC 7489 section 3.2); a public suffix stands for itself."""
    return _suffixes().privatesuffix(domain) or domain


def _system_resolver() -> dns.resolver.Resolver:
    """What the system is configured to ask; a resolver on this machine where it is not."""
    try:
        return dns.resolver.Resolver()
    except dns.resolver.NoResolverConfiguration:
        local = dns.resolver.Resolver(configure=False)
        local.nameservers = ["127.0.0.1"]
        return local


class SenderChecks:
    """Checks mails in threads of its own. `now` is real time; `resolver` is the system's when left out.

    Mail that comes from `relays`, which are mail servers of ours, is not judged: where they had it from, nobody sees.
    """

    def __init__(
        self,
        host_name: str,
        now: Callable[[], datetime],
        resolver: dns.resolver.Resolver | None = None,
        limit: timedelta = LIMIT,
        relays: tuple[Network, ...] = (),
    ) -> None:
        self._host_name = host_name
        self._resolver = resolver or _system_resolver()
        self._limit = limit
        self._relays = relays
        self._now = now
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="sender-checks")

    async def checked(self, incoming: Incoming) -> Incoming:
        """The mail with our field on top, whatever became of the check."""
        return self._stamped(
            incoming, NOTHING if is_in(incoming.envelope.peer, self._relays) else await self._asked(incoming)
        )

    async def _asked(self, incoming: Incoming) -> str:
        deadline = self._now() + self._limit

        def left() -> float:
            return (deadline - self._now()).total_seconds()

        lookup = Lookup(self._resolver, left)
        work = asyncio.get_running_loop().run_in_executor(self._threads, self._results, incoming, lookup)
        try:
            async with asyncio.timeout(self._limit.total_seconds()):
                return await work
        except TimeoutError:
            return NOTHING

    def _stamped(self, incoming: Incoming, results: str) -> Incoming:
        """Also where nothing was found: a field in our name that came with the mail has to stand below ours."""
        field = f"Authentication-Results: {self._host_name};\r\n\t{results}\r\n"
        return replace(incoming, content=stamped(incoming.content, field.encode()))

    def close(self) -> None:
        """Take no more work; what is under way ends by its deadline."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _results(self, incoming: Incoming, lookup: Lookup) -> str:
        return attempt(lambda: self._found(incoming, lookup), NOTHING, [], "")

    def _found(self, incoming: Incoming, lookup: Lookup) -> str:
        envelope = incoming.envelope
        sender = spf_of(lookup, envelope.peer, envelope.sender, envelope.greeting)
        signatures = dkim_of(lookup, incoming.content)
        scope = "smtp.mailfrom" if "@" in envelope.sender else "smtp.helo"
        lines = [_line("spf", sender, scope), *(_line("dkim", one, "header.d") for one in signatures)]
        author = sole_sender(read_headers(split_message(incoming.content, [])[0], []).all_sent("from"), [])
        if author:
            lines.append(_dmarc_line(lookup, ascii_domain(author.domain), sender, signatures))
        return ";\r\n\t".join(lines)


def _dmarc_line(lookup: Lookup, from_domain: str, sender: Outcome, signatures: Iterable[Outcome]) -> str:
    outcomes = [("spf", sender), *(("dkim", signature) for signature in signatures)]
    good = [(method, one.domain) for method, one in outcomes if one.outcome == "pass"]
    unknown = Outcome("temperror", from_domain)
    outcome, policy = attempt(lambda: dmarc_of(lookup, from_domain, good), (unknown, ""), [], "")
    if outcome.outcome == "fail" and any(one.outcome == "temperror" for _, one in outcomes):
        outcome = unknown  # what could not be asked may have passed
    return _line("dmarc", outcome, "header.from", f" (p={policy})" if policy else "")


def _line(method: str, found: Outcome, name: str, comment: str = "") -> str:
    """One result; a domain that could break the field is left out."""
    about = f" {name}={found.domain}" if _SAFE_VALUE.fullmatch(found.domain) else ""
    return f"{method}={found.outcome}{comment}{about}"

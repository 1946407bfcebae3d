"""Read what a mail server whom we trust found out about the sender (Authentication-Results, RFC 8601).

Anybody can write such a field, so only the topmost one that names a trusted server counts: a server adds its own
above everything that came in. `message` calls `sender_check` with the servers that are trusted for the door that the
mail came through; `channels.sender_checks` writes a field of our own by `stamped`. Pure, bounded, never raises.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import authres

from intakebot.domain.messages import SenderCheck, Verdict
from intakebot.reading.attempt import attempt
from intakebot.reading.headers import MAX_FIELD_BYTES, Headers, start_of_headers

FIELD: Final = "authentication-results"
UNNAMED: Final = "unnamed"
"""Stands in a list of trusted servers for a field that names none, as Microsoft 365 writes it."""

_VERDICTS: Final = {
    "pass": Verdict.PASS,
    "fail": Verdict.FAIL,
    "hardfail": Verdict.FAIL,
    "softfail": Verdict.FAIL,
    "policy": Verdict.FAIL,
}
_PIECE: Final = re.compile(r"(?<![a-z0-9.-])([a-z][a-z0-9.-]*+)\s*+=\s*+(\S*)")
_VALUE: Final = r"(?:@[a-z0-9_-]++(?:\.[a-z0-9_-]++)*+|[a-z0-9!#$%&'*+/=?^_`{|}~.-][a-z0-9!#$%&'*+/=?^_`{|}~.@-]*+)"
_PROPERTY: Final = rf"(?:header\.b=\"[a-z0-9+/=]++\"|(?:smtp|header|body|policy)\.[a-z][a-z0-9-]*+={_VALUE})"
_USUAL: Final = re.compile(
    r"[a-z0-9_-]++(?:\.[a-z0-9_-]++)*+(?:[ \t]++1)?+"  # the server, and a version
    r"(?:[ \t]*+;[ \t]*+(?!none)[a-z][a-z0-9-]*+=[a-z]++"  # method and outcome
    rf"(?:[ \t]++(?:\([ \t!-'*-\[\]-~]*+\)|{_PROPERTY}))*+)++"  # comments without a comment in them, properties
    r"[ \t]*+;?+[ \t]*+",
    re.IGNORECASE | re.ASCII,
)
"""The shape of nearly all fields, in which the library and the tolerant reader find the same."""
_LONGEST_HEAD: Final = 1024
_LONGEST_BY_THE_BOOK: Final = 4096
"""Characters; the library's time grows with the square of them."""
_SIGN: Final = re.compile(r'\\.?|[()"]')
_SEPARATORS: Final = str.maketrans(";=", "  ")


class Finding(NamedTuple):
    """One result: method and outcome in lower case, and its properties (`header.d`), values in lower case."""

    method: str
    outcome: str
    properties: dict[str, str]


def sender_check(headers: Headers, trusted: frozenset[str], from_domain: str) -> SenderCheck:
    """Return the verdicts of the topmost field of a trusted server.

    `trusted` are authserv-ids (RFC 8601 section 2.5) in lower case; `from_domain` is the domain of the From
    address, '' when there is no such one.
    """
    for field in headers.fields if trusted else ():
        if field.name == FIELD:
            server = server_of(field.sent) or UNNAMED
            if server in trusted:
                return _verdicts(server, findings_of(field.sent), ascii_domain(from_domain))
    return SenderCheck()


def stamped(raw: bytes, field: bytes) -> bytes:
    """Put a header field (whole lines, with its line end) on top of a mail, so that it is read as its first one."""
    start = start_of_headers(raw)
    return raw[:start] + field + raw[start:]


def server_of(value: str) -> str:
    """Return the server that a field names (its authserv-id), lower case; '' when it begins with results."""
    first = _without_comments(value[:_LONGEST_HEAD]).partition(";")[0].split()
    return first[0].lower() if first and "=" not in first[0] else ""


def findings_of(value: str) -> tuple[Finding, ...]:
    """Return what a field says, as far as it can be read; at most 8 KB are looked at."""
    bounded = value[:MAX_FIELD_BYTES]
    if len(bounded) > _LONGEST_BY_THE_BOOK or is_usual(bounded) or not server_of(bounded):
        return tolerantly(bounded)  # the library takes a first result without a server before it for the server
    return attempt(lambda: by_the_book(bounded), None, [], "") or tolerantly(bounded)


def is_usual(value: str) -> bool:
    """Whether a field has the shape that needs no library, which takes 20 times as long."""
    return _USUAL.fullmatch(value) is not None


def ascii_domain(domain: str) -> str:
    """Return a domain in lower case as it stands in the DNS (`xn--...`); what cannot be encoded stays as it is."""
    lower = domain.lower().rstrip(".")
    return lower if lower.isascii() else attempt(lambda: lower.encode("idna").decode(), lower, [], "")


def by_the_book(value: str) -> tuple[Finding, ...]:
    """Read a field by RFC 8601; raises what the library raises."""
    parsed = authres.AuthenticationResultsHeader.parse(f"Authentication-Results: {value}")
    return tuple(
        Finding(
            str(result.method).lower(),
            str(result.result).lower(),
            {f"{found.type}.{found.name}".lower(): str(found.value).lower() for found in result.properties},
        )
        for result in parsed.results
    )


def tolerantly(value: str) -> tuple[Finding, ...]:
    """Read also what is not quite RFC 8601: no server (Microsoft 365), words of its own (old Yahoo, SES)."""
    parts = _without_comments(value).split(";")
    read = (_PIECE.findall(part.lower()) for part in (parts[1:] if server_of(value) else parts))
    return tuple(Finding(pieces[0][0], pieces[0][1], dict(pieces[1:])) for pieces in read if pieces)


def _without_comments(value: str) -> str:
    """Leave comments out; quoted words, which a sender may have chosen, separate nothing (RFC 5322 section 3.2.2)."""
    return "".join(_outside(value))


def _outside(value: str) -> Iterator[str]:
    depth, quoted, end = 0, False, 0
    for sign in _SIGN.finditer(value):
        if not depth:
            between = value[end : sign.start()]
            yield between.translate(_SEPARATORS) if quoted else between
        end = sign.end()
        if sign[0] == '"' and not depth:
            quoted = not quoted
        elif sign[0] == "(" and not quoted:
            depth += 1
        elif sign[0] == ")" and depth:
            depth -= 1
    if not depth and not quoted:
        yield value[end:]


def _verdicts(server: str, findings: Iterable[Finding], from_domain: str) -> SenderCheck:
    by_method: dict[str, list[Finding]] = {"spf": [], "dkim": [], "dmarc": []}
    for finding in findings:
        if finding.method in by_method:
            by_method[finding.method].append(finding)
    about = [one for one in by_method["dmarc"] if _domain(one, "header.from") in ("", from_domain)]
    dmarc = _verdict(about) if from_domain else Verdict.NONE
    if from_domain and not by_method["dmarc"] and _signed_by(by_method["dkim"], from_domain):
        dmarc = Verdict.PASS  # what DMARC would have found, said by a server that does not speak of it
    mail_from = [one for one in by_method["spf"] if _is_about_mail_from(one)]
    return SenderCheck(_verdict(mail_from), _verdict(by_method["dkim"]), dmarc, server)


def _is_about_mail_from(found: Finding) -> bool:
    return "smtp.helo" not in found.properties or "smtp.mailfrom" in found.properties


def _verdict(findings: Iterable[Finding]) -> Verdict:
    """One pass is enough: each result is about another signature or identity."""
    verdicts = [_VERDICTS.get(finding.outcome, Verdict.NONE) for finding in findings]
    return next((wanted for wanted in (Verdict.PASS, Verdict.FAIL) if wanted in verdicts), Verdict.NONE)


def _signed_by(signatures: Iterable[Finding], from_domain: str) -> bool:
    """Whether a good signature is of the From domain or of one above it, which only its owner can sign for."""
    signers = (_domain(one, "header.d") or _domain(one, "header.i") for one in signatures if one.outcome == "pass")
    return any(signer and (from_domain == signer or from_domain.endswith(f".{signer}")) for signer in signers)


def _domain(finding: Finding, name: str) -> str:
    return ascii_domain(finding.properties.get(name, "").rpartition("@")[2])

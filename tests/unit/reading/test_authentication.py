"""Who vouches for a sender: only the topmost word of a trusted server counts, whatever else stands there."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from intakebot.domain.messages import SenderCheck, Verdict
from intakebot.reading.attempt import attempt
from intakebot.reading.authentication import (
    Finding,
    by_the_book,
    findings_of,
    is_usual,
    server_of,
    stamped,
    tolerantly,
)
from intakebot.reading.content_key import content_key
from intakebot.reading.message import read_message

P, F, N = Verdict.PASS, Verdict.FAIL, Verdict.NONE
OURS = "Authentication-Results: mx.intakebot.example; "
TRUSTED = frozenset({"mx.intakebot.example"})
SAMPLES = sorted((Path(__file__).parents[2] / "samples" / "mail").glob("*.eml"))


def checked(*fields: str, trusted: frozenset[str] = TRUSTED, sender: str = "ann@acme.example") -> SenderCheck:
    lines = (*fields, f"From: {sender}", "Subject: x", "", "hi", "")
    return read_message("\r\n".join(lines).encode(), trusted_servers=trusted).check


@pytest.mark.parametrize(
    ("said", "spf", "dkim", "dmarc"),
    [
        ("spf=pass smtp.mailfrom=b.example; dkim=fail; dmarc=pass header.from=acme.example", P, F, P),
        ("dkim=fail; dkim=pass header.d=acme.example; dmarc=pass (p=NONE) header.from=ACME.example", N, P, P),
        ("spf=softfail smtp.mailfrom=acme.example; dmarc=fail (p=reject dis=none) header.from=acme.example", F, N, F),
        ("dmarc=pass header.from=other.example", N, N, N),
        ("dmarc=bestguesspass action=none header.from=acme.example", N, N, N),
        ("dmarc=temperror header.from=acme.example", N, N, N),
        ("dkim=pass header.d=acme.example", N, P, P),
        ("dkim=pass header.i=@mail.acme.example", N, P, N),
        ("dkim=pass header.d=acme.example; dmarc=fail header.from=acme.example", N, P, F),
        ("spf=pass smtp.helo=mx.evil.example", N, N, N),
        ("none", N, N, N),
        ('spf=pass smtp.mailfrom="x; dmarc=pass header.from=acme.example"@b.example', P, N, N),
        ("spf=pass (x; dmarc=pass header.from=acme.example) smtp.mailfrom=b.example", P, N, N),
        ("spf=pass (it said (dmarc=pass; dmarc=pass) smtp.mailfrom=b.example", P, N, N),
    ],
)
def test_verdicts(said: str, spf: Verdict, dkim: Verdict, dmarc: Verdict) -> None:
    assert checked(OURS + said) == SenderCheck(spf, dkim, dmarc, "mx.intakebot.example")


# case E05
@pytest.mark.parametrize(
    "fields",
    [
        pytest.param([OURS + "dmarc=fail header.from=acme.example", OURS + "dmarc=pass"], id="a-forged-one-below"),
        pytest.param([OURS + "dmarc=fail", "Received: from evil", OURS + "dmarc=pass"], id="below-the-received"),
        pytest.param([OURS + "spf=fail", OURS + "dmarc=pass header.from=acme.example"], id="about-another-method"),
        pytest.param([OURS + "none", OURS + "dmarc=pass header.from=acme.example"], id="when-nothing-was-found"),
        pytest.param([OURS + "dmarc=%%%;;=", OURS + "dmarc=pass header.from=acme.example"], id="when-unreadable"),
        pytest.param(["Authentication-Results: mx.evil.example; dmarc=pass"], id="of-an-unknown-server"),
        pytest.param(["Authentication-Results: dmarc=pass header.from=acme.example"], id="of-no-server"),
        pytest.param(["Authentication-Results: (mx.intakebot.example) evil; dmarc=pass"], id="named-in-a-comment"),
        pytest.param(["X-Authentication-Results: mx.intakebot.example; dmarc=pass"], id="in-another-field"),
        pytest.param(["ARC-Authentication-Results: i=1; mx.intakebot.example; dmarc=pass"], id="in-a-chain"),
    ],
)
def test_nobody_vouches_for_himself(fields: list[str]) -> None:
    assert checked(*fields).dmarc is not P


# case E05
def test_an_untrusted_field_above_hides_nothing() -> None:
    above = "Authentication-Results: filter.intakebot.example; dmarc=fail header.from=acme.example"
    assert checked(above, OURS + "dmarc=pass header.from=acme.example").dmarc is P


# case E05
def test_where_no_server_is_trusted_nobody_is_believed() -> None:
    assert checked(OURS + "dmarc=pass header.from=acme.example", trusted=frozenset()) == SenderCheck()


def test_a_doubtful_sender_is_vouched_for_by_nobody() -> None:
    said = OURS + "dmarc=pass header.from=acme.example"
    assert checked(said, sender="ann@acme.example, eve@evil.example").dmarc is N


def test_international_domains_are_compared_as_the_dns_has_them() -> None:
    assert checked(OURS + "dmarc=pass header.from=xn--mller-kva.example", sender="a@müller.example").dmarc is P


@pytest.mark.parametrize(
    ("value", "trusted", "dmarc"),
    [
        pytest.param(
            "spf=pass (sender IP is 192.0.2.7) smtp.mailfrom=acme.example; dkim=pass (signature was verified)"
            " header.d=acme.example;dmarc=pass action=none header.from=acme.example;compauth=pass reason=100",
            "unnamed",
            P,
            id="microsoft-365-names-no-server",
        ),
        pytest.param(
            "mta1.mail.example from=acme.example; domainkeys=neutral (no sig); from=acme.example; dkim=pass (ok)",
            "mta1.mail.example",
            N,
            id="old-yahoo",
        ),
        pytest.param(
            "ses.example; spf=pass (spfCheck: domain of acme.example designates 192.0.2.7) client-ip=192.0.2.7;"
            " envelope-from=x@acme.example; helo=mx.acme.example; dkim=pass header.i=@acme.example;"
            " dmarc=none header.from=acme.example;",
            "ses.example",
            N,
            id="a-service-with-words-of-its-own",
        ),
    ],
)
def test_fields_that_break_the_rules_of_their_own(value: str, trusted: str, dmarc: Verdict) -> None:
    found = checked(f"Authentication-Results: {value}", trusted=frozenset({trusted}))
    assert (found.checked_by, found.dkim, found.dmarc) == (trusted, P, dmarc)


# case E05: what a sender writes into his own address is no result, however the field breaks the rules
@pytest.mark.parametrize("broken", ["", " \N{LATIN SMALL LETTER E WITH ACUTE}", "x" * 5000])
def test_words_in_a_quoted_address_are_no_properties(broken: str) -> None:
    said = f'dkim=pass header.d=evil.example header.i="x{broken} header.d=acme.example y"@evil.example'
    assert checked(OURS + said).dmarc is N


def test_a_field_without_a_server_loses_no_result() -> None:
    field = "Authentication-Results: dmarc=fail; spf=pass smtp.mailfrom=b.example"
    assert checked(field, trusted=frozenset({"unnamed"})) == SenderCheck(P, N, F, "unnamed")


_WORDS = st.sampled_from(
    ["mx.a.example", "spf", "dkim", "dmarc", "=", "pass", "fail", "none", ";", " ", "; ", " 1", "\t", "(p=NONE dis=x)",
     " header.from=", " header.d=", " header.i=@", ' header.b="aB/c="', " smtp.mailfrom=", " smtp.helo=", " reason=",
     "b.example", "a+b@b.example", ".", "@", '"', "(", ")", "(x)", "\\", "policy.x=", "None", "arc", ",", "K", "2"]
)  # fmt: skip
_USUAL_ENDS = st.sampled_from(
    ["", " (p=NONE; dis=x)", " header.from=b.example", " header.d=a-b.example header.i=@b.example", " (a) (b) (c) (d)",
     ' header.b="aB/c=" header.s=x', " smtp.mailfrom=a=b+c@b.example", " smtp.helo=mx (x=y) policy.p=.x", "\t(x)",
     "(x)", "header.d=a.example", " header.i=@b.example@c", " policy.x=", ' policy.y="z" header.from=b.example']
)  # fmt: skip
_RESULTS = st.tuples(st.sampled_from(["spf=", "dkim=", "DMARC=", "x-y="]), st.sampled_from(["pass", "Fail"]))
_USUAL_FIELDS = st.lists(st.tuples(_RESULTS, st.lists(_USUAL_ENDS, max_size=4)), min_size=1, max_size=4).map(
    lambda results: "mx.a.example; " + ";".join("".join((*result, *ends)) for result, ends in results)
)


def told(findings: tuple[Finding, ...]) -> list[tuple[str, str, dict[str, str]]]:
    """All but the signature itself, which the library leaves out where a property follows it."""
    return [(one.method, one.outcome, one.properties | {"header.b": ""}) for one in findings]


@given(_USUAL_FIELDS | st.lists(_WORDS, max_size=24).map(lambda words: "mx.a.example; " + "".join(words)))
@example("mx.a.example 1; dkim=pass header.b=Ab= header.d=b.example;")
def test_usual_fields_say_the_same_without_the_library(value: str) -> None:
    assume(is_usual(value))
    found = attempt(lambda: by_the_book(value), None, [], "")
    assert found is None or told(found) == told(tolerantly(value))


@pytest.mark.parametrize(
    "value",
    [
        "mx.a.example; dkim=pass header.i=@b.example header.s=s1 header.b=Ab12/=; spf=pass (x: y 192.0.2.7)",
        "mx.a.example; spf=pass smtp.mailfrom=x@b.example; dmarc=pass (p=NONE sp=NONE dis=NONE) header.from=b.example",
        'mx.a.example;\tdkim=pass (2048-bit key) header.d=b.example header.i=@b.example header.b="Ab/=";',
        "mx.a.example 1; dmarc=fail header.from=b.example",
    ],
)
def test_what_servers_write_is_usual(value: str) -> None:
    assert is_usual(value)


@given(st.text(alphabet='abc.;=()"\\ pasdmrcfilh@-/1\t', max_size=300))
def test_no_field_raises(value: str) -> None:
    findings_of(f"mx.intakebot.example; {value}")
    findings_of(value)
    server_of(value)


@pytest.mark.parametrize(
    "value", ["x; " + "(" * 8000, "x; spf=pass " * 800, 'x; a="' + "\\" * 8000, ";" * 8192, "x; " + "a" * 8000]
)
def test_hostile_fields_are_nothing(value: str) -> None:
    assert checked(f"Authentication-Results: {value}").dmarc is N


@pytest.mark.parametrize("sample", SAMPLES, ids=lambda path: path.stem)
def test_a_field_on_top_changes_nothing_else(sample: Path) -> None:
    raw = sample.read_bytes()
    plain, top = (
        read_message(raw),
        read_message(stamped(raw, b"Authentication-Results: mx.intakebot.example; none\r\n")),
    )
    unlike = [name for name in plain.__slots__ if getattr(plain, name) != getattr(top, name)]
    assert set(unlike) <= {"headers"}


@pytest.mark.parametrize("before", [b"", b"\r\n", b"\r\n\r\n", b"From x Mon\r\n", b"\xef\xbb\xbf"])
@pytest.mark.parametrize(
    "mail", [b"Subject: hello\r\n\r\nText\r\n", b"\r\nNote: no header\r\n", b"Just words\r\n", b""]
)
def test_the_field_is_the_first_one_whatever_the_mail_begins_with(before: bytes, mail: bytes) -> None:
    raw = before + mail
    top = read_message(stamped(raw, f"{OURS}dkim=pass\r\n".encode()), trusted_servers=TRUSTED)
    assert top.check.dkim is P
    plain = read_message(raw)
    assert top.subject == plain.subject
    assert plain.text in top.text


# case A07: what checks on the way add does not make another mail of it
def test_the_field_is_no_content() -> None:
    raw = b"Subject: hello\r\n\r\nText\r\n"
    assert content_key(stamped(raw, b"Authentication-Results: a;\r\n\tnone\r\n")) == content_key(raw)

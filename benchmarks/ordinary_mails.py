"""Ordinary mail in the shapes that a support desk gets, with the header that three hops leave; none is copied."""

from __future__ import annotations

from base64 import encodebytes
from collections.abc import Mapping
from quopri import encodestring

_DATE = "Mon, 02 Mar 2026 09:{n:02}:00 +0000"
_SIGNATURE = "QmVuY2htYXJrIHNpZ25hdHVyZSwgbm90aGluZyBlbHNl" * 7
_FOLDED = "\r\n\t".join(_SIGNATURE[at : at + 64] for at in range(0, len(_SIGNATURE), 64))
_HOP = (
    "Received: from mail{hop}.company{n}.example (mail{hop}.company{n}.example [192.0.2.{hop}])\r\n"
    "\tby mx{hop}.intakebot.example with ESMTPS id 4F{n:04}Zz{hop}\r\n"
    "\tfor <support@intakebot.example> (version=TLS1_3 cipher=TLS_AES_256_GCM_SHA384 bits=256/256);\r\n\t{date}\r\n"
)
_HEAD = (
    "Return-Path: <ann@company{n}.example>\r\nDelivered-To: support@intakebot.example\r\n{hops}"
    "Authentication-Results: mx1.intakebot.example; dkim=pass header.d=company{n}.example header.s=mail;\r\n"
    "\tspf=pass smtp.mailfrom=ann@company{n}.example; dmarc=pass header.from=company{n}.example\r\n"
    "ARC-Seal: i=1; a=rsa-sha256; t=1772442000; cv=none; d=example.net; s=arc;\r\n\tb={filler}\r\n"
    "DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=company{n}.example; s=mail;\r\n"
    "\th=from:to:subject:date:message-id:mime-version:content-type; bh=c2hvcnQ=;\r\n\tb={filler}\r\n"
    "From: {sender}\r\nTo: Product support <support@intakebot.example>\r\nCc: Bob Example <bob@company{n}.example>\r\n"
    "Subject: {subject}\r\nDate: {date}\r\nMessage-ID: <{n}.question@company{n}.example>\r\n"
    "References: <a{n}@company{n}.example> <b{n}@intakebot.example>\r\nIn-Reply-To: <b{n}@intakebot.example>\r\n"
    "User-Agent: Mozilla Thunderbird\r\n{more}X-Spam-Status: No, score=-2.1\r\n"
    "X-Mailer-Route: company{n}/17\r\nMIME-Version: 1.0\r\n"
)
_STORY = (
    "We looked at the display this morning, switched the device off and\r\non again, and saw the same as before. "
    "My colleague next door has the\r\nsame model and no trouble, so it may be our cabling. Please tell us what\r\n"
    "to try next, and whether somebody can come by this week.\r\n\r\n"
)
_GERMAN = (
    "Wir haben heute früh auf die Anzeige geschaut, das Gerät aus- und wieder\r\neingeschaltet und dasselbe gesehen "
    "wie vorher. Können Sie uns sagen, was wir\r\nals Nächstes prüfen sollen? Über die Störung ärgern sich schon "
    "alle.\r\n\r\n"
)
_QUOTE = "On Sun, 1 Mar 2026 at 17:05, Support <support@intakebot.example> wrote:\r\n"
_HTML = (
    "<html><head><style>p.a {{margin:0cm; font-size:11.0pt}}</style></head><body lang=EN><div class=WordSection1>"
    "{paragraphs}</div>{quote}</body></html>\r\n"
)


def _head(number: int, **more: str) -> str:
    date = _DATE.format(n=number % 60)
    hops = "".join(_HOP.format(hop=hop, n=number, date=date) for hop in (1, 2, 3))
    given = {"sender": f"Ann Example <ann@company{number}.example>", "subject": f"Question {number}", "more": ""}
    return _HEAD.format(n=number, date=date, hops=hops, filler=_FOLDED, **given | more)


def _plain(number: int, text: str, **more: str) -> bytes:
    kind = "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    return (_head(number, **more) + kind + text).encode()


def _html(times: int, quote: str = "") -> str:
    line = _STORY.replace("\r\n", " ")
    paragraphs = "".join(f'<p class=a><span style="color:#1F497D">{line}</span></p>\r\n' for _ in range(times))
    return _HTML.format(paragraphs=paragraphs, quote=quote)


def _short(number: int) -> bytes:
    return _plain(number, f"Hello,\r\n\r\n{_STORY}Kind regards\r\nAnn\r\n")


def _long(number: int) -> bytes:
    return _plain(number, f"Hello,\r\n\r\n{_STORY * 20}Kind regards\r\nAnn\r\n")


def _reply(number: int) -> bytes:
    quoted = "".join(f"> {line}\r\n" for line in (_STORY * 6).splitlines())
    return _plain(number, f"Thank you, that helped a little.\r\n\r\n{_STORY}{_QUOTE}{quoted}")


def _german(number: int) -> bytes:
    body = encodestring(f"Guten Tag,\r\n\r\n{_GERMAN * 3}Mit freundlichen Grüßen\r\nJörg\r\n".encode("latin-1"))
    kind = "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    named = {
        "sender": f"=?iso-8859-1?Q?J=F6rg_M=FCller?= <joerg@company{number}.example>",
        "subject": f"=?utf-8?B?U3TDtnJ1bmcgaW0gR2Vyw6R0?= {number}",
    }
    return (_head(number, **named) + kind).encode() + body


def _alternative(number: int) -> bytes:
    quote = f'<div class="gmail_quote"><div>{_QUOTE}</div><blockquote>{_html(2)}</blockquote></div>'
    return (
        f"{_head(number)}Content-Type: multipart/alternative; boundary=bb\r\n\r\n--bb\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{_STORY * 3}\r\n--bb\r\n"
        f"Content-Type: text/html; charset=utf-8\r\n\r\n{_html(3, quote)}\r\n--bb--\r\n"
    ).encode()


def _outlook(number: int) -> bytes:
    kind = "Content-Type: text/html; charset=us-ascii\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    quote = '<div id="divRplyFwdMsg"><b>From:</b> Support<br><b>Subject:</b> Question</div>' + _STORY
    named = {"more": "Content-Language: en-US\r\n"}
    return (_head(number, **named) + kind).encode() + encodestring(_html(5, quote).encode())


def _attached(number: int) -> bytes:
    files = "".join(
        f'--mm\r\nContent-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
        f"Content-Transfer-Encoding: base64\r\n\r\n{encodebytes(bytes(range(256)) * size).decode()}\r\n"
        for name, kind, size in (("readings.pdf", "application/pdf", 400), ("photo.jpg", "image/jpeg", 200))
    )
    return (
        f"{_head(number)}Content-Type: multipart/mixed; boundary=mm\r\n\r\n--mm\r\n"
        f"Content-Type: text/plain; charset=utf-8\r\n\r\n{_STORY * 2}\r\n{files}--mm--\r\n"
    ).encode()


_MAKERS = {
    "a short text": _short,
    "a long text": _long,
    "a reply with a quote": _reply,
    "German in quoted-printable": _german,
    "text and HTML with a quote": _alternative,
    "HTML alone": _outlook,
    "150 kB of attachments": _attached,
}


def ordinary_mails(of_each: int) -> Mapping[str, list[bytes]]:
    """Mails by shape, `of_each` of every one."""
    return {shape: [make(number) for number in range(of_each)] for shape, make in _MAKERS.items()}

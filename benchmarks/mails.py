"""Mails as a support desk gets them: 8 kB or as long as asked for, each from another sender, none like the other."""

from __future__ import annotations

from email.utils import formatdate

STORIES = 23
"""Makes mails of 8 kB."""
LONG = 128
"""Makes mails of 45 kB."""
RECIPIENT = "support@intakebot.example"
_MATTERS = (
    "The pump in hall {n} is broken and shows error message E{n}; it does not start after the last update.",
    "Our parcel {n} was not delivered, and the tracking number shows nothing since last week.",
    "I was charged twice on invoice {n} and would like a refund for one of the two.",
    "How do I export the readings of device {n} for our own reports?",
)
_STORY = (
    "We looked at the display this morning, switched the device off and\r\n"
    "on again, and saw the same thing as before. My colleague in the office\r\n"
    "next door has the same model and no trouble at all, so it may be our\r\n"
    "cabling. Please tell us what we should try next, and whether somebody\r\n"
    "can come by before the end of the week.\r\n"
)
_MAIL = """\
Received: from client.example ([192.0.2.7]) by mx.example.net with ESMTPS id {n}; {date}\r
DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d=company{n}.example; s=mail; h=from:to:subject; b={filler}\r
From: Ann Example <ann@company{n}.example>\r
To: Product support <support@intakebot.example>\r
Subject: Question {n} about our installation\r
Message-ID: <{n}.question@company{n}.example>\r
Date: {date}\r
MIME-Version: 1.0\r
Content-Type: text/plain; charset=utf-8\r
Content-Transfer-Encoding: 8bit\r
\r
Hello,\r
\r
{matter}\r
{story}\r
Kind regards\r
Ann Example\r
"""


def sender(number: int) -> str:
    """The envelope sender of a mail."""
    return f"ann@company{number}.example"


def mail(number: int, stories: int = STORIES) -> bytes:
    """The content of a mail, with CRLF line ends and no line that begins with a dot; 350 octets for each story."""
    matter = _MATTERS[number % len(_MATTERS)].format(n=number)
    return _MAIL.format(
        n=number, date=formatdate(), filler="QmVuY2ht" * 32, matter=matter, story=_STORY * stories
    ).encode()

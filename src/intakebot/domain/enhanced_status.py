"""Enhanced status codes (RFC 3463): the three numbers by which mail systems say what became of a message.

Asked by the relay outlet, and by whoever shows an answer to people. Pure.
"""

from __future__ import annotations

import re

_STATUS = re.compile(r"(?<![0-9.])([245])\.([0-9]{1,3})\.([0-9]{1,3})(?![0-9.])")
_NEAR_THE_FRONT = 200  # further behind it is a version or a part of an address
_MEANINGS = {
    "1.1": "there is no such mailbox",
    "1.2": "there is no such mail system",
    "1.3": "the address is not written as it should be",
    "1.6": "the mailbox has moved",
    "1.7": "our own address was refused",
    "1.8": "our own domain was refused",
    "1.10": "that domain takes no mail",
    "2.1": "the mailbox is closed",
    "2.2": "the mailbox is full",
    "2.3": "the message is too large for the mailbox",
    "3.4": "the message is too large",
    "4.1": "the mail system does not answer",
    "4.4": "no way to the mail system is known",
    "4.6": "the message went in a circle",
    "4.7": "the message was too long on its way",
    "5.3": "too many recipients",
    "6.1": "files of this kind are not taken",
    "6.7": "addresses beyond ASCII are not taken",
    "7.0": "it is not allowed to send this",
    "7.1": "it is not allowed to send this",
    "7.8": "our login was refused",
    "7.9": "our login is too weak",
    "7.20": "there is no valid DKIM signature",
    "7.23": "our server may not send for this domain (SPF)",
    "7.26": "sender checks failed (SPF, DKIM or DMARC)",
}

_FOR_NOW = {
    "7.0": "it is put off for now, as strangers are (greylisting)",
    "7.1": "it is put off for now, as strangers are (greylisting)",
}
"""What differs when a mail system only wants us to come again."""


def status_in(words: str) -> str:
    """The first enhanced status code near the front of an answer (`5.1.1`), or ''."""
    found = _STATUS.search(words[:_NEAR_THE_FRONT])
    return ".".join(found.groups()) if found else ""


def meaning_of(status: str) -> str:
    """What a status code says, in a few plain words; '' for one that has no words here."""
    kind, _, detail = status.partition(".")
    return _FOR_NOW.get(detail, _MEANINGS.get(detail, "")) if kind == "4" else _MEANINGS.get(detail, "")

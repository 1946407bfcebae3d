"""What a message is besides text: signed, encrypted, an invitation, packed by Outlook.

The codes stand in `ReadMessage.marks`; nothing is verified or decrypted here, the parts stay attachments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from intakebot.reading.mime import Part

MARKS: Final[dict[str, str]] = {
    "smime-signed": "It carries an S/MIME signature (RFC 8551); it was not verified.",
    "smime-encrypted": "It is encrypted by S/MIME (RFC 8551); what it says is not known.",
    "pgp-signed": "It carries an OpenPGP signature (RFC 3156, or in the text); it was not verified.",
    "pgp-encrypted": "It is encrypted by OpenPGP (RFC 3156, or in the text); what it says is not known.",
    "calendar": "It carries a calendar part, such as an invitation (RFC 5545).",
    "tnef": "Outlook packed its files, or its text, into a winmail.dat (MS-OXTNEF).",
}
_BY_TYPE: Final = {
    "application/pkcs7-signature": "smime-signed",
    "application/x-pkcs7-signature": "smime-signed",
    "application/pgp-signature": "pgp-signed",
    "application/pgp-encrypted": "pgp-encrypted",
    "text/calendar": "calendar",
    "application/ics": "calendar",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
}
_CMS_TYPES: Final = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})
_CMS_HEAD: Final = 64  # the object identifier of the content stands at the front (RFC 5652 section 3)
_SIGNED_DATA: Final = b"\x2a\x86\x48\x86\xf7\x0d\x01\x07\x02"
_PGP: Final = b"-----BEGIN PGP "
_ARMOUR: Final = re.compile(rb"^-----BEGIN PGP (SIGNED MESSAGE|MESSAGE)-----", re.MULTILINE)
_ARMOUR_EXAMINED: Final = 65_536


def marks_of(leaves: list[Part]) -> tuple[str, ...]:
    """Return the marks of a message from its parts, each once, in order of appearance."""
    return tuple(dict.fromkeys(mark for part in leaves for mark in _marks(part)))


def _marks(part: Part) -> Iterator[str]:
    if part.media_type in _BY_TYPE:
        yield _BY_TYPE[part.media_type]
    elif part.media_type in _CMS_TYPES:
        yield "smime-signed" if _SIGNED_DATA in part.content[:_CMS_HEAD] else "smime-encrypted"
    elif part.media_type == "text/plain" and _PGP in part.content:
        armour = _ARMOUR.search(part.content, 0, _ARMOUR_EXAMINED)
        if armour:
            yield "pgp-signed" if armour[1].startswith(b"SIGNED") else "pgp-encrypted"

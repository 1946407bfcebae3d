"""The words of an SMTP door: what is answered for an outcome, and enhanced status codes where aiosmtpd gives none.

Called by the session and by `Reception`. RFC 2034 wants an enhanced code (RFC 3463) in every reply but the greeting,
the answers to HELO and EHLO, and the 354.
"""

from __future__ import annotations

import re

from intakebot.domain.contact import Kept
from intakebot.domain.errors import IntakebotError, Remedy

_ENHANCED = {
    "221": "2.0.0",
    "250": "2.0.0",
    "252": "2.0.0",
    "451": "4.3.0",
    "454": "4.7.0",
    "500": "5.5.2",
    "501": "5.5.4",
    "502": "5.5.1",
    "503": "5.5.1",
    "504": "5.5.4",
    "530": "5.7.0",
    "538": "5.7.11",
    "552": "5.3.4",
    "553": "5.1.3",
    "555": "5.5.4",
}
_HAS_ONE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


def with_enhanced_code(reply: str) -> str:
    """The reply, with a code for its kind unless it has one or is of a kind that has none."""
    code, separator, words = reply[:3], reply[3:4], reply[4:]
    if code not in _ENHANCED or _HAS_ONE.match(words):
        return reply
    return f"{code}{separator}{_ENHANCED[code]} {words}"


def answer(outcome: Kept | IntakebotError) -> str:
    """What a sender is told of its message: kept, never (554), or later (451); an error's code, never its text."""
    if isinstance(outcome, Kept):
        return f"250 2.6.0 kept as {outcome.contact_id}"
    if outcome.remedy is Remedy.NEVER:
        return f"554 5.6.0 refused: {outcome.code}"
    return f"451 4.3.0 not kept, try again later: {outcome.code}"

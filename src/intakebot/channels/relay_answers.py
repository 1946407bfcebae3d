"""What the answers of the next hop mean: which error a refusal is, and the sentence that people read.

Called by the session of the relay. The first digit of the reply code decides whether a message is worth another try
(RFC 5321 4.2.1); the enhanced status (RFC 3463) says why, and stays part of the sentence.
"""

from __future__ import annotations

from intakebot.domain.enhanced_status import meaning_of, status_in
from intakebot.domain.errors import DeliveryDeferredError, DeliveryFailedError

TAKEN = range(200, 300)
NOT_TAKEN = range(400, 600)
_REFUSED = range(500, 600)
_OUR_LOGIN = frozenset({530, 534, 535, 538})
"""Refusals of our login, or for want of one (RFC 4954 6): a person mends it, and the mail is as good as before."""


def refusal(code: int, words: str, of: str) -> DeliveryDeferredError | DeliveryFailedError:
    """The error of an answer that is no yes; `of` names what was refused: sender, recipient or content."""
    said = " ".join(words.split())
    meaning = meaning_of(status_in(said))
    sentence = f"the next hop refused the {of}: {code} {said}" + (f" ({meaning})" if meaning else "")
    if code in _REFUSED and code not in _OUR_LOGIN:
        return DeliveryFailedError(sentence)
    return DeliveryDeferredError(sentence)

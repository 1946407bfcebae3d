"""Recognise: which case does a contact belong to, and how do we know?

Evidence is scored and kept with the decision. A mail's thread alone is not enough: the sender must also belong to
the case, else a stranger who learned an id would get a look inside. Who writes in a chat thread sees all of it
already, and its ids come from the platform, not from the writer: there the thread is enough. Called by `assess`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from intakebot.domain.case import Case
from intakebot.domain.change import ThreadId
from intakebot.domain.chat import THREAD_PREFIX
from intakebot.domain.contact import PendingContact
from intakebot.domain.messages import ReadMessage
from intakebot.domain.reply_token import token_fits, token_in
from intakebot.ports import CaseFile, Surroundings
from intakebot.reading.threading import case_numbers, thread_ids

ENOUGH = 60
POINTS: Mapping[str, int] = {
    "reply-token": 60,
    "same-content": 60,
    "in-the-thread": 60,
    "answers-our-mail": 40,
    "same-thread": 30,
    "number-in-subject": 30,
    "is-the-caller": 40,
    "same-customer": 30,
}
TOKEN_PREFIX = "token:"  # noqa: S105 - the name space of reply tokens among thread ids, no secret
NUMBER_PREFIX = "number "
CONTENT_PREFIX = "content "
"""Among the thread ids of a case: its own number, and contacts that are known again by their content only.

With a blank, which no id that a mail names can have: nobody forges these.
"""


@dataclass(frozen=True, slots=True)
class Evidence:
    """One sign that a contact belongs to a case, with its points."""

    case_number: int
    sign: str
    sentence: str

    @property
    def points(self) -> int:
        """The sign's weight."""
        return POINTS[self.sign]


@dataclass(frozen=True, slots=True)
class Recognition:
    """The case that a contact belongs to (`case`), or the one that it seems to be about (`follows`)."""

    case: CaseFile | None
    follows: CaseFile | None
    evidence: tuple[Evidence, ...]


def clue_ids(message: ReadMessage, pending: PendingContact) -> tuple[str, ...]:
    """Every id a contact may be recognised by: reply tokens first, then the ids it answers, newest first."""
    recipients = (*pending.envelope.recipients, *(address.address for address in message.to))
    tokens = (TOKEN_PREFIX + token for address in recipients if (token := token_in(address)))
    numbers = (NUMBER_PREFIX + label for label in case_numbers(message.topic)[:_MOST_NUMBERS])
    repeated = (f"{CONTENT_PREFIX}{pending.repeat_of}",) if pending.repeat_of else ()
    return tuple(dict.fromkeys((*tokens, *repeated, *thread_ids(message), *numbers)))


def named_by_number(case: Case) -> ThreadId:
    """What makes a new case findable for a contact that names its number."""
    return ThreadId(NUMBER_PREFIX + case.label, case.id)


def recognise(
    message: ReadMessage, ids: tuple[str, ...], around: Surroundings, key: bytes, own_domains: frozenset[str]
) -> Recognition:
    """Score every case that the contact may belong to; the best one with enough points wins, newest first."""
    candidates = {file.case.id: file for file in (*around.threads, *around.open_cases)}
    scored = {
        file.case.id: tuple(_evidence(message, ids, file, around, key, own_domains)) for file in candidates.values()
    }
    linked = {case_id: signs for case_id, signs in scored.items() if any(s.sign in _LINKS for s in signs)}
    if not linked:
        return Recognition(None, None, ())
    best = max(linked, key=lambda case_id: (_score(linked[case_id]), case_id))
    belongs = _score(linked[best]) >= ENOUGH and any(sign.sign in _PARTICIPANT for sign in linked[best])
    file = candidates[best]
    return Recognition(file if belongs else None, None if belongs else file, linked[best])


_MOST_NUMBERS = 10
_LINKS = frozenset(
    {"reply-token", "same-content", "in-the-thread", "answers-our-mail", "same-thread", "number-in-subject"}
)
_PARTICIPANT = frozenset({"reply-token", "same-content", "in-the-thread", "is-the-caller", "same-customer"})
BELONGING = _PARTICIPANT - {"same-content"}
"""Signs that say who wrote: with one of these a caller may be told about an earlier case."""


def _score(signs: tuple[Evidence, ...]) -> int:
    return sum(sign.points for sign in signs)


def _evidence(
    message: ReadMessage,
    ids: tuple[str, ...],
    file: CaseFile,
    around: Surroundings,
    key: bytes,
    own_domains: frozenset[str],
) -> Iterator[Evidence]:
    number, label = file.case.number, file.case.label
    sender = message.sender.address if message.sender else ""
    shared = [known for known in ids if known in file.thread and not known.startswith(NUMBER_PREFIX)]
    if any(_is_token_for(known, file, sender, key) for known in shared):
        yield Evidence(number, "reply-token", f"the reply address carries the token of {label} for this sender")
    if any(known.startswith(CONTENT_PREFIX) for known in shared):
        yield Evidence(number, "same-content", f"it repeats a contact of {label} word for word")
    mailed = [known for known in shared if not known.startswith(THREAD_PREFIX)]
    if len(mailed) < len(shared):
        yield Evidence(number, "in-the-thread", f"it was written in the chat thread of {label}")
    if any(known.rpartition("@")[2] in own_domains for known in mailed):
        yield Evidence(number, "answers-our-mail", f"it answers a mail that we sent about {label}")
    elif mailed:
        yield Evidence(number, "same-thread", f"it refers to a mail of the conversation of {label}")
    if label in case_numbers(message.topic):
        yield Evidence(number, "number-in-subject", f"the subject names {label}")
    if around.caller and around.caller.id == file.case.caller_id:
        yield Evidence(number, "is-the-caller", f"the sender is the caller of {label}")
    elif around.customer and around.customer.customer.id == file.case.customer_id:
        yield Evidence(number, "same-customer", f"the sender belongs to the customer of {label}")


def _is_token_for(known: str, file: CaseFile, sender: str, key: bytes) -> bool:
    return known.startswith(TOKEN_PREFIX) and token_fits(key, known.removeprefix(TOKEN_PREFIX), file.case.id, sender)

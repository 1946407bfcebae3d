"""Recognise: which case does a contact belong to, how do we know, and whose word is it?

Evidence is scored and kept with the decision, also that of cases that were not taken. A mail's thread alone is not
enough: the sender must also belong to the case, else a stranger who learned an id would get a look inside. Who holds
an answer address that was given to somebody else may add to the case, as a third party. Who writes in a chat thread
sees all of it already, and its ids come from the platform, not from the writer: there the thread is enough. Called by
`assess`. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

from intakebot.domain.case import Case
from intakebot.domain.change import ThreadId
from intakebot.domain.chat import THREAD_PREFIX
from intakebot.domain.contact import PendingContact
from intakebot.domain.messages import ReadMessage, Verdict
from intakebot.domain.reply_token import token_fits, token_in
from intakebot.ports import CaseFile, Surroundings
from intakebot.reading.threading import case_numbers, thread_ids

ENOUGH = 60
POINTS: Mapping[str, int] = {
    "reply-token": 60,
    "passed-on-token": 60,
    "same-content": 60,
    "in-the-thread": 60,
    "answers-our-mail": 40,
    "same-thread": 30,
    "number-in-subject": 30,
    "is-the-caller": 40,
    "same-customer": 30,
    "dmarc-failed": 0,
}
TOKEN_PREFIX = "token:"  # noqa: S105 - the name space of reply tokens among thread ids, no secret
NUMBER_PREFIX = "number "
CONTENT_PREFIX = "content "
"""Among the thread ids of a case: its own number, and contacts that are known again by their content only.

With a blank, which no id that a mail names can have: nobody forges these.
"""
_MOST_NUMBERS = 10
_HARD_TO_KNOW = frozenset({"reply-token", "passed-on-token", "same-content", "in-the-thread", "answers-our-mail"})
_LINKS = _HARD_TO_KNOW | {"same-thread", "number-in-subject"}
BELONGING = frozenset({"reply-token", "in-the-thread", "is-the-caller", "same-customer"})
"""Signs that say who wrote: with one of these a caller may be told about an earlier case."""
_MAY_ADD = BELONGING | {"same-content", "passed-on-token"}


class Standing(Enum):
    """Whose word a contact is. Only that of a `PARTICIPANT` moves a case."""

    PARTICIPANT = ""
    UNVERIFIED = "not verified: DMARC failed for the sender's domain"
    THIRD_PARTY = "a third party, not verified: the answer address was given to somebody else"


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
class Candidate:
    """A case that a contact was weighed against: the signs for it, and why it was not taken ('' = it was)."""

    file: CaseFile
    signs: tuple[Evidence, ...]
    why_not: str

    @property
    def score(self) -> int:
        """The sum of its signs."""
        return sum(sign.points for sign in self.signs)


@dataclass(frozen=True, slots=True)
class Recognition:
    """The case that a contact belongs to (`case`), or the one that it seems to be about (`follows`).

    `evidence` is that of this case; `candidates` are all that were weighed, the best one first. `standing` says
    whose word the contact is.
    """

    case: CaseFile | None
    follows: CaseFile | None
    evidence: tuple[Evidence, ...]
    candidates: tuple[Candidate, ...] = ()
    standing: Standing = Standing.PARTICIPANT


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
    message: ReadMessage,
    ids: tuple[str, ...],
    around: Surroundings,
    keys: Sequence[bytes],
    own_domains: frozenset[str],
) -> Recognition:
    """Score every case that the contact may belong to; the best one with enough points wins, newest first.

    `keys` are the keys of reply tokens that are recognised.
    """
    files = {file.case.id: file for file in (*around.threads, *around.open_cases)}
    disowned = message.check.dmarc is Verdict.FAIL
    weighed = []
    for file in files.values():
        signs = tuple(_evidence(message, ids, file, around, keys, own_domains))
        weighed.append(Candidate(file, signs, _why_not(signs, disowned=disowned)))
    if not any(_links(candidate) for candidate in weighed):
        return Recognition(None, None, (), tuple(weighed[:MOST_CANDIDATES]))
    weighed.sort(key=lambda one: (_links(one), one.score, one.file.case.id), reverse=True)
    best, *others = weighed
    belongs, beaten = not best.why_not, f"{best.file.case.label} has more"
    rest = (Candidate(one.file, one.signs, one.why_not or beaten) for one in others[: MOST_CANDIDATES - 1])
    return Recognition(
        best.file if belongs else None,
        None if belongs else best.file,
        best.signs,
        (best, *rest),
        _standing(best.signs, disowned=disowned) if belongs else Standing.PARTICIPANT,
    )


MOST_CANDIDATES = 10
"""How many of the cases that were weighed are kept with the decision."""


def _links(candidate: Candidate) -> bool:
    return any(sign.sign in _LINKS for sign in candidate.signs)


def _why_not(signs: tuple[Evidence, ...], *, disowned: bool) -> str:
    """Why these signs do not make a contact part of a case; '' when they do."""
    names, score = {sign.sign for sign in signs}, sum(sign.points for sign in signs)
    if not names & _LINKS:
        return "nothing in the message refers to it"
    if not names & _MAY_ADD:
        return "the sender is nobody of this case"
    if disowned and not names & _HARD_TO_KNOW:
        return "DMARC failed for the sender, and a number or a thread is easily known"
    return "" if score >= ENOUGH else f"{score} points, and {ENOUGH} are needed"


def _standing(signs: tuple[Evidence, ...], *, disowned: bool) -> Standing:
    if disowned:
        return Standing.UNVERIFIED
    names = {sign.sign for sign in signs}
    return Standing.PARTICIPANT if names & (_MAY_ADD - {"passed-on-token"}) else Standing.THIRD_PARTY


def _evidence(
    message: ReadMessage,
    ids: tuple[str, ...],
    file: CaseFile,
    around: Surroundings,
    keys: Sequence[bytes],
    own_domains: frozenset[str],
) -> Iterator[Evidence]:
    number, label = file.case.number, file.case.label
    sender = message.sender.address if message.sender else ""
    shared = [known for known in ids if known in file.thread and not known.startswith(NUMBER_PREFIX)]
    yield from _tokens(shared, file, sender, keys)
    if any(known.startswith(CONTENT_PREFIX) for known in shared):
        yield Evidence(number, "same-content", f"it repeats a contact of {label} word for word")
    mailed = [known for known in shared if not known.startswith((THREAD_PREFIX, TOKEN_PREFIX))]
    if any(known.startswith(THREAD_PREFIX) for known in shared):
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
    if message.check.dmarc is Verdict.FAIL:
        said = f"the sender's domain disowns it (DMARC failed, says {message.check.checked_by})"
        yield Evidence(number, "dmarc-failed", said)


def _tokens(shared: Sequence[str], file: CaseFile, sender: str, keys: Sequence[bytes]) -> Iterator[Evidence]:
    """Tokens that we gave out for this case: to this sender, or to somebody who passed the answer address on."""
    number, label = file.case.number, file.case.label
    given = [known.removeprefix(TOKEN_PREFIX) for known in shared if known.startswith(TOKEN_PREFIX)]
    if any(token_fits(key, token, file.case.id, sender) for token in given for key in keys):
        yield Evidence(number, "reply-token", f"the reply address carries the token of {label} for this sender")
    elif given:
        yield Evidence(number, "passed-on-token", f"the reply address carries a token of {label} for somebody else")

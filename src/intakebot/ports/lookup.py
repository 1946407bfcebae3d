"""Looking things up for people who work on cases: search, an agent's own work, what would leave now.

Part of `ports.Archive`: reading, outside any writing transaction. Rows are JSON-like data, times as ISO text; a
`CaseFile` is the case as decisions see it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from intakebot.domain.case import Case
from intakebot.ports.lessons import ClosedCase, StoredModel

if TYPE_CHECKING:
    from intakebot.ports import CaseFile


@dataclass(frozen=True, slots=True)
class Found:
    """Some rows of a list, and how many there are in all."""

    total: int
    rows: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Rarity:
    """How many cases there are and how many have each word, both counted up to `COUNTED` only."""

    cases: int
    having: Mapping[str, int]


COUNTED = 2_000


class Lookup(Protocol):
    """What `questions` look up beside lists and whole cases."""

    def case_file(self, number: int) -> CaseFile:
        """The case as decisions see it, read only; raises NotFoundError."""

    def case_alone(self, number: int) -> Case:
        """The case without what belongs to it; raises NotFoundError."""

    def known_contents(self, keys: Sequence[str]) -> frozenset[str]:
        """Those of these content keys that a contact has already."""

    def contact_states(self, ids: Sequence[int]) -> Mapping[int, str]:
        """The states of contacts by their ids; without those that do not exist."""

    def find(self, text: str, limit: int, offset: int) -> Found:
        """Cases that have every word of the text (a word may be begun only), best first.

        Searched are number, title, description, caller, customer, what callers said, and answers that were sent. A
        row is one of `Archive.cases` with `why`, a line that shows where it was found.
        """

    def rarity(self, words: Sequence[str]) -> Rarity:
        """In how many cases each of these words is (folded, as `reading.search_words` gives them)."""

    def solved_with(self, words: Sequence[str], number: int, limit: int) -> tuple[dict[str, Any], ...]:
        """Cases but this one that have one of the words and whose answer was sent, likely ones first.

        A row has `number`, `label`, `title`, `description`, `template` and `text`, the answer.
        """

    def owned_by(self, agent: str, limit: int, offset: int) -> Found:
        """Cases that have not ended and that the agent owns or was sent; the ones to be solved first come first."""

    def unclaimed_in(self, queues: Sequence[str], limit: int, offset: int) -> Found:
        """Cases that wait in these queues and were sent to nobody; the ones to be solved first come first."""

    def undelivered(self, agent: str, queues: Sequence[str], limit: int) -> tuple[dict[str, Any], ...]:
        """Deliveries that failed or are held, of cases of this agent or these queues that have not ended."""

    def customers_like(self, text: str, limit: int) -> tuple[dict[str, Any], ...]:
        """Customers whose reference, name, domain or caller's address has this text: reference, name, tier."""

    def opening_trace(self, number: int) -> dict[str, Any]:
        """Why the contact that opened the case became a case: the stored trace, {} where there is none."""

    def files_of(self, number: int) -> tuple[dict[str, Any], ...]:
        """Files that came with the case's contacts: id, contact, name, media type, size, SHA-256, flags."""

    def file(self, file_id: int) -> dict[str, Any]:
        """One of them, with the contact's `channel`; raises NotFoundError."""

    def categories(self) -> tuple[str, ...]:
        """Categories that recent cases have, in alphabetical order."""

    def closed_cases(self, after: int, limit: int) -> tuple[ClosedCase, ...]:
        """Cases that were closed by an event after this one, in the order in which they were closed."""

    def closed_cases_left(self, after: int) -> int:
        """How many of them there are."""

    def suggestion_model(self) -> StoredModel | None:
        """What was learned for suggesting categories, or None."""

"""A way out that does what the test says: it takes, defers, refuses, or leaves everybody in doubt."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field
from typing import Final

from intakebot.domain.delivery import Delivery
from intakebot.domain.errors import DeliveryAmbiguousError, DeliveryDeferredError, DeliveryFailedError
from intakebot.ports import Receipt

ERRORS: Final = {
    "deferred": DeliveryDeferredError("451 try again later"),
    "failed": DeliveryFailedError("550 no such mailbox"),
    "ambiguous": DeliveryAmbiguousError("the connection broke after the message"),
    "unplanned": RuntimeError("a defect of the outlet"),
}


@dataclass
class ScriptedOutlet:
    """Follows `script` (`sent` when it is empty). `offered` has every delivery it was given, `taken` what it took.

    With `ambiguous` the message was taken, and the answer lost: the worst that can happen.
    """

    channel: str = "email"
    idempotent: bool = False
    at_once: int = 50
    script: deque[str] = field(default_factory=deque)
    offered: list[Delivery] = field(default_factory=list)
    taken: list[Delivery] = field(default_factory=list)

    async def deliver(self, delivery: Delivery) -> Receipt:
        self.offered.append(delivery)
        outcome = self.script.popleft() if self.script else "sent"
        if outcome in ("sent", "ambiguous"):
            self.taken.append(delivery)
        if outcome == "sent":
            return Receipt("250 taken")
        raise ERRORS[outcome]

    async def close(self) -> None:
        """Nothing is held."""

"""What becomes of a post that could not be shown: when it is tried again, who is told, and when it is given up.

Used by `posts`. Failures are counted here, for as long as this process lives: the rows count attempts, of which most
are no failures but turns that had not come.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from intakebot.channels.slack.showing.paced_calls import HeldBackError
from intakebot.channels.slack.showing.reconcile import BlindError
from intakebot.channels.slack.showing.troubles import Trouble, late, soon, trouble_of
from intakebot.channels.slack.web.alarms import NEWS_STANDS, Alarms
from intakebot.domain.chat import ChatPost, PostKind, PostSettlement, PostState
from intakebot.domain.errors import (
    IntakebotError,
    NotFoundError,
    SlackRefusedError,
    SlackUnreachableError,
    StorageUnavailableError,
)

GIVEN_UP_AFTER: Final = 6
"""So often something is tried that nobody understands."""
NEWS_FOR: Final = timedelta(days=3)
"""So long a line or a notice waits for a thread that is gone: a new card gives it another one."""
REFUSED: Final = "slack.post-refused"
FAILED: Final = "slack.post-failed"


@dataclass(slots=True)
class PostTrouble:
    """Decides after failures, and counts them."""

    alarms: Alarms
    failures: dict[int, int] = field(default_factory=dict)

    def over(self, post: ChatPost) -> None:
        """It was shown, or is not needed: its failures are forgotten, and its alarms are over."""
        if self.failures.pop(post.id, None):
            self.alarms.silence(REFUSED, _which(post))
        self.alarms.silence(FAILED, f"post {post.id}")

    def after(self, post: ChatPost, error: IntakebotError, now: datetime) -> PostSettlement:
        """What to write about a post that was not shown, or of which nobody knows whether it was."""
        again = PostSettlement(post.id, PostState.DUE, post.wanted, now, resends=post.resends, error=error.sentence)
        if isinstance(error, HeldBackError):
            return replace(again, due_at=error.until, error="")
        if isinstance(error, NotFoundError):
            return replace(again, state=PostState.DROPPED)
        if isinstance(error, BlindError):
            return self._given_up(post, again, "nobody knows whether it was shown, and it is not shown again")
        times = self.failures[post.id] = self.failures.get(post.id, 0) + 1
        if isinstance(error, SlackRefusedError):
            return self._after_refusal(post, error, again, times)
        return self._after_failure(post, error, again, times)

    def _after_failure(
        self, post: ChatPost, error: IntakebotError, again: PostSettlement, times: int
    ) -> PostSettlement:
        """The workspace was not reached, the house did not answer, or something happened that nobody planned."""
        outside = isinstance(error, SlackUnreachableError)
        if not outside and not isinstance(error, StorageUnavailableError) and times >= GIVEN_UP_AFTER:
            return self._given_up(post, again, "it cannot be shown")
        doubt = error.taken is not False if isinstance(error, SlackUnreachableError) else type(error) is IntakebotError
        return replace(again, due_at=again.at + soon(times), resends=post.resends + doubt)

    def _after_refusal(
        self, post: ChatPost, refusal: SlackRefusedError, again: PostSettlement, times: int
    ) -> PostSettlement:
        trouble = trouble_of(refusal)
        if trouble is Trouble.PERSON:
            return replace(again, state=PostState.DROPPED)
        if trouble is Trouble.PLACE:  # it has sounded an alarm of its own
            return replace(again, due_at=again.at + late(times))
        if trouble is Trouble.FORM or (trouble is Trouble.ODD and times >= GIVEN_UP_AFTER):
            return self._given_up(post, again, "Slack does not take it")
        if post.kind is not PostKind.CARD and again.at - post.owed_at >= NEWS_FOR:
            return self._given_up(post, again, "the thread that it belongs to is gone")
        self.alarms.sound(REFUSED, _which(post), f"C-{post.case_number}: {refusal.sentence}")
        return replace(again, due_at=again.at + late(times))

    def _given_up(self, post: ChatPost, again: PostSettlement, why: str) -> PostSettlement:
        self.failures.pop(post.id, None)
        sentence = f"the {post.kind.value} of C-{post.case_number} {post.reference}: {why}: {again.error}"
        self.alarms.silence(REFUSED, _which(post))
        self.alarms.sound(FAILED, f"post {post.id}", sentence, lasts=NEWS_STANDS)
        return replace(again, state=PostState.FAILED, error=f"{why}: {again.error}"[:1000])


def _which(post: ChatPost) -> str:
    return f"C-{post.case_number} {post.kind.value}"

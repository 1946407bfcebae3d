"""The worker of posts: shows agents what is owed to them, as cards, lines, notices and what is left of moved cards.

Run by the Slack channel beside its doors. Rows are the truth: it claims what is due, shows it, and writes what became
of it; being woken only makes it sooner. What belongs to one case goes in order, cases go beside each other. Trouble
is given back with a moment to try again: nothing sleeps here with work in its hands, nothing is tried without end,
and what a person has to put right sounds an alarm and stays owed.
"""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from intakebot.channels.slack.drawing import blocks
from intakebot.channels.slack.showing.card_posts import CardPosts
from intakebot.channels.slack.showing.line_posts import LinePosts
from intakebot.channels.slack.showing.notice_posts import NoticePosts
from intakebot.channels.slack.showing.paced_calls import PacedCalls
from intakebot.channels.slack.showing.post_trouble import PostTrouble
from intakebot.channels.slack.showing.troubles import late
from intakebot.channels.slack.web.alarms import Alarms
from intakebot.channels.slack.web.calls import LOOK_AGAIN
from intakebot.domain.chat import ChatPost, PostKind, PostSettlement, PostState
from intakebot.domain.errors import IntakebotError
from intakebot.edge import guarded
from intakebot.ports.chat import Chat

AT_ONCE: Final = 32
"""So many posts are claimed together."""
BESIDE: Final = 8
"""So many cases are shown beside each other."""
SWEEP: Final = timedelta(seconds=30)
_NAP: Final = timedelta(seconds=0.25)
"""What is due by the books but not ours to show is not looked at more often than this."""
_ORDER: Final = {PostKind.CARD: 0, PostKind.LINE: 1, PostKind.NOTICE: 2, PostKind.MOVED: 3}


class Posts:
    """Shows what is owed. `wake` may be set, from the event loop, by whoever owed something.

    `operators` is the channel that is shown alarms, '' = none.
    """

    def __init__(
        self,
        chat: Chat,
        calls: PacedCalls,
        cards: CardPosts,
        lines: LinePosts,
        notices: NoticePosts,
        alarms: Alarms,
        operators: str = "",
    ) -> None:
        self.wake = asyncio.Event()
        self._chat = chat
        self._calls = calls
        self._cards = cards
        self._lines = lines
        self._notices = notices
        self._alarms = alarms
        self._operators = operators
        self._operators_rest_until = chat.clock.now()
        self._trouble = PostTrouble(alarms)
        self._lanes = asyncio.Semaphore(BESIDE)
        self._first_lines: dict[int, tuple[int, datetime]] = {}
        self._unsettled: list[PostSettlement] = []

    async def run(self, stop: asyncio.Event) -> None:
        """Work until `stop`; what was begun is finished first."""
        stopping = asyncio.ensure_future(stop.wait())
        stopping.add_done_callback(lambda _: self.wake.set())
        recovered: object = None
        while not stop.is_set():
            self.wake.clear()
            if not isinstance(recovered, int):
                recovered = await guarded("slack posts", self._chat.recover_posts())
            shown = await guarded("slack posts", self.show_due())
            if stop.is_set() or (isinstance(shown, int) and shown):
                continue
            await self._chat.clock.until(await self._next_look(failed=not isinstance(shown, int)), self.wake)
        stopping.cancel()

    async def show_due(self) -> int:
        """Show what is due; returns how many posts there were (0 while the workspace does not let us in)."""
        unsettled, self._unsettled = self._unsettled, []
        for settlement in unsettled:
            await self._settle(settlement)
        locked = bool(self._calls.calls.trouble)
        posts = await self._chat.claim_posts(1 if locked else AT_ONCE)
        by_case: defaultdict[int, list[ChatPost]] = defaultdict(list)
        for post in posts:
            by_case[post.case_id].append(post)
        await asyncio.gather(*(self._show_case(_in_order(of_case)) for of_case in by_case.values()))
        if self._operators and self._alarms.next() and self._chat.clock.now() >= self._operators_rest_until:
            told = await guarded("slack alarms", self._tell_operators())
            if isinstance(told, IntakebotError):
                self._operators_rest_until = self._chat.clock.now() + late(1)
        return 0 if locked and self._calls.calls.trouble else len(posts)

    async def _tell_operators(self) -> None:
        """Show the operators' channel what has sounded; it stands in the log in any case."""
        while sentence := self._alarms.next():
            shown = blocks.message(sentence, [blocks.words(f"⚠ {sentence}")])
            where = {"channel": self._operators, "text": shown.text, "blocks": shown.blocks}
            await self._calls.call("alarms", "chat.postMessage", **where)
            self._alarms.said(sentence)

    async def _next_look(self, *, failed: bool) -> datetime:
        now = self._chat.clock.now()
        if self._calls.calls.trouble:
            return now + LOOK_AGAIN
        due = None if failed else await guarded("slack posts", self._chat.next_due())
        return max(due if isinstance(due, datetime) else now + SWEEP / 10, now + _NAP) if due else now + SWEEP

    async def _show_case(self, posts: Sequence[ChatPost]) -> None:
        """Show what is owed for one case, in order; lines wait for their card."""
        async with self._lanes:
            card_due: datetime | None = None
            for post in posts:
                waits = self._line_waits(post, card_due)
                settlement = waits or await self._show(post)
                if post.kind is PostKind.CARD and settlement.state is PostState.DUE:
                    card_due = settlement.due_at
                if post.kind is PostKind.LINE and waits is None:
                    self._note_line(post, settlement)
                await self._settle(settlement)

    async def _show(self, post: ChatPost) -> PostSettlement:
        show = {
            PostKind.CARD: self._cards.show,
            PostKind.MOVED: self._cards.show_moved,
            PostKind.LINE: self._lines.show,
            PostKind.NOTICE: self._notices.show,
        }[post.kind]
        outcome = await guarded(f"slack post {post.id}", show(post))
        if isinstance(outcome, IntakebotError):
            return self._trouble.after(post, outcome, self._chat.clock.now())
        self._trouble.over(post)
        return outcome

    def _line_waits(self, post: ChatPost, card_due: datetime | None) -> PostSettlement | None:
        """A line does not overtake its card, nor an earlier line that is tried again later."""
        if post.kind is not PostKind.LINE:
            return None
        now = self._chat.clock.now()
        first, until = self._first_lines.get(post.case_id, (post.id, now))
        due = card_due or (until if first != post.id and until > now else None)
        if due is None:
            return None
        return PostSettlement(post.id, PostState.DUE, post.wanted, now, resends=post.resends, due_at=due)

    def _note_line(self, line: ChatPost, settlement: PostSettlement) -> None:
        """Remember the line for which later ones of its case wait, as long as it waits itself."""
        if settlement.state is PostState.DUE and settlement.due_at:
            self._first_lines[line.case_id] = (line.id, settlement.due_at)
        elif self._first_lines.get(line.case_id, (line.id,))[0] == line.id:
            self._first_lines.pop(line.case_id, None)

    async def _settle(self, settlement: PostSettlement) -> None:
        """Write what became of a post; what could not be written is known here, and written next time."""
        written = await guarded(f"slack post {settlement.post_id}", self._chat.settle_posts([settlement]))
        if isinstance(written, IntakebotError):
            self._unsettled.append(settlement)


def _in_order(posts: Iterable[ChatPost]) -> list[ChatPost]:
    """The card first, lines as they were owed, then who is told of it, and what is left elsewhere."""
    return sorted(posts, key=lambda post: (_ORDER[post.kind], post.owed_at, post.id))

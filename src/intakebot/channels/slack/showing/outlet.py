"""The outlet for Slack: replies go where the caller wrote, in the caller's thread, and say nothing but their words.

Called by the worker with one delivery after the other. The same delivery sent twice is one message: each carries the
delivery's id, and where nobody knows how the last attempt ended, the thread is looked through before the next. Where
the app is not allowed to look, that is said, and the house decides as for mail.
"""

from __future__ import annotations

import logging
import re
from collections import OrderedDict
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Final

from intakebot.channels.slack.drawing import caller_words, safe_text
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.showing.files_out import SentFile, Upload, are_there, send_files
from intakebot.channels.slack.showing.paced_calls import HeldBackError, PacedCalls
from intakebot.channels.slack.showing.reconcile import BlindError, Where, everything_since, mark_of, marked
from intakebot.channels.slack.showing.troubles import Trouble, trouble_of
from intakebot.channels.slack.web.rooms import Rooms
from intakebot.domain.delivery import Delivery, DeliveryKind
from intakebot.domain.errors import (
    DeliveryDeferredError,
    DeliveryFailedError,
    DeliveryUnverifiableError,
    IntakebotError,
    SlackRefusedError,
    SlackUnreachableError,
)
from intakebot.edge import guarded
from intakebot.ports import Clock, Receipt

WAIT_FOR_PLACE: Final = timedelta(days=1)
"""So long a conversation may be closed to us before an agent is told that the reply will not get there."""
LOOK_FOR_PLACE: Final = timedelta(minutes=30)
WHOLE_TEXT: Final = "answer.txt"
_SHORT: Final = 2_500
_REMEMBERED: Final = 5_000
_PLACE: Final = re.compile(r"([TE][A-Z0-9]{1,31})/([CDG][A-Z0-9]{1,31})/([0-9]{1,12}\.[0-9]{1,9})", re.ASCII)

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Progress:
    """What is known of a delivery: its message (`ts`), its files. `certain`: what is not known to be there is not.

    `blind`: it is sent although the app may not look whether it is there. `is_short`: its words had to be cut.
    """

    certain: bool
    ts: str = ""
    files_are_there: bool = False
    upload: Upload = field(default_factory=Upload)
    blind: bool = False
    is_short: bool = False


class SlackOutlet:
    """Sends deliveries of the channel `slack`. `reaction` is set on the message that was acknowledged, '' = none."""

    channel = "slack"
    idempotent = True
    at_once = 4

    def __init__(self, calls: PacedCalls, rooms: Rooms, clock: Clock, reaction: str = "white_check_mark") -> None:
        self._calls = calls
        self._rooms = rooms
        self._clock = clock
        self._reaction = reaction
        self._known: OrderedDict[int, Progress] = OrderedDict()

    async def deliver(self, delivery: Delivery) -> Receipt:
        """Send once, as `ports.Outlet` says; `delivery.recipient` is a place, `T1/C1/1700000000.000100`."""
        where, team = self._where(delivery.recipient)
        _check_files(delivery)
        progress = self._progress(delivery)
        try:
            await self._bring(delivery, where, progress)
        except (HeldBackError, SlackUnreachableError, SlackRefusedError) as error:
            raise self._meaning(delivery, progress, error) from error
        if delivery.kind is DeliveryKind.ACKNOWLEDGEMENT and self._reaction:
            await guarded(f"slack reaction of delivery {delivery.id}", self._react(delivery, where))
        return Receipt(f"{team}/{where.channel}/{progress.ts}")

    async def close(self) -> None:
        """The connections are the calls', who close them."""

    def _where(self, recipient: str) -> tuple[Where, str]:
        found = _PLACE.fullmatch(recipient)
        if found is None:
            raise DeliveryFailedError("this is no place in a Slack workspace; the caller cannot be answered there")
        return Where(self._rooms.now(found[2]), found[3]), found[1]

    def _progress(self, delivery: Delivery) -> Progress:
        """What this process knows; after a start, only that a first attempt has not been made."""
        known = self._known.setdefault(delivery.id, Progress(certain=delivery.attempts <= 1))
        self._known.move_to_end(delivery.id)
        while len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)
        return known

    async def _bring(self, delivery: Delivery, where: Where, progress: Progress) -> None:
        """The words, then the files: what is not there yet."""
        if not progress.certain:
            await self._look(delivery, where, progress)
        if not progress.ts:
            progress.ts = await self._say(delivery, where, progress)
        files = _files(delivery, whole=progress.is_short)
        if files and not progress.files_are_there:
            await send_files(self._calls, _who(delivery), where, files, progress.upload)
            progress.files_are_there = True

    async def _look(self, delivery: Delivery, where: Where, progress: Progress) -> None:
        """See in the thread what earlier attempts have put there."""
        try:
            messages = await everything_since(self._calls, _who(delivery), where, delivery.created_at)
        except BlindError as blind:
            if not (delivery.kind.resent_when_ambiguous and delivery.resends):
                raise DeliveryUnverifiableError(blind.sentence) from blind
            progress.blind = True  # the house has decided to send it once more
        else:
            ours = [message for message in messages if mark_of(message) == {"id": str(delivery.id)}]
            progress.ts = str(ours[0]["ts"]) if ours else progress.ts
            files = _files(delivery, whole=progress.is_short)
            progress.files_are_there |= are_there(messages, (await self._calls.us()).user, files)
        progress.certain = True

    async def _say(self, delivery: Delivery, where: Where, progress: Progress) -> str:
        """The words, in the thread; less pretty, and at last cut, where the platform does not take them as they are."""
        shown = caller_words.reply(delivery.text or delivery.subject)
        for attempt in [shown, replace(shown, blocks=[])] if shown.blocks else [shown]:
            try:
                return await self._post(delivery, where, attempt)
            except SlackRefusedError as refusal:
                if trouble_of(refusal) is not Trouble.FORM:
                    raise
                _log.error("slack: delivery %d is sent in a plainer form: %s", delivery.id, refusal.sentence)
        progress.is_short = True
        return await self._post(
            delivery, where, Rendered(safe_text.escape(delivery.text, _SHORT, f"({WHOLE_TEXT})"), [])
        )

    async def _post(self, delivery: Delivery, where: Where, shown: Rendered) -> str:
        form = {"blocks": shown.blocks} if shown.blocks else {"mrkdwn": False}
        answer = await self._calls.call(
            _who(delivery),
            "chat.postMessage",
            channel=where.channel,
            thread_ts=where.thread_ts,
            text=shown.text,
            metadata=marked({"id": str(delivery.id)}),
            **form,
        )
        return str(answer["ts"])

    async def _react(self, delivery: Delivery, where: Where) -> None:
        await self._calls.call(
            _who(delivery), "reactions.add", channel=where.channel, timestamp=where.thread_ts, name=self._reaction
        )

    def _meaning(
        self, delivery: Delivery, progress: Progress, error: HeldBackError | SlackUnreachableError | SlackRefusedError
    ) -> IntakebotError:
        """What the house is told."""
        if isinstance(error, HeldBackError):
            return DeliveryDeferredError(error.sentence, max(error.until - self._clock.now(), timedelta(0)))
        if isinstance(error, SlackRefusedError):
            return self._refused(delivery, progress, error)
        if error.taken is False:
            return DeliveryDeferredError(error.sentence)
        progress.certain = False
        if progress.blind:
            return DeliveryUnverifiableError(error.sentence)
        return DeliveryDeferredError(f"{error.sentence}; before it is sent again it is looked for")

    def _refused(self, delivery: Delivery, progress: Progress, refusal: SlackRefusedError) -> IntakebotError:
        sentence = f"the words are there, the files are not: {refusal.sentence}" if progress.ts else refusal.sentence
        final = trouble_of(refusal) not in (Trouble.PLACE, Trouble.ODD)
        if final or self._clock.now() - delivery.created_at >= WAIT_FOR_PLACE:
            return DeliveryFailedError(sentence)
        return DeliveryDeferredError(sentence, LOOK_FOR_PLACE)


def _files(delivery: Delivery, *, whole: bool) -> list[SentFile]:
    """What goes along: a text too long for a message, and the files of the reply, but no empty ones."""
    text = [SentFile(WHOLE_TEXT, delivery.text.encode())] if whole or caller_words.is_cut(delivery.text) else []
    return [*text, *(SentFile(file.name, file.content) for file in delivery.files if file.content)]


def _check_files(delivery: Delivery) -> None:
    """Refuse a reply one of whose files the house has lost, before anything of it leaves."""
    lost = [file.name for file in delivery.files if file.size and not file.content]
    if lost:
        raise DeliveryFailedError(f"the file {lost[0]!r} is not in the house any more")


def _who(delivery: Delivery) -> str:
    return f"delivery {delivery.id}"

"""Watch: what a person should look at. Pure over the archive's figures; `health` and the service's log ask here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from intakebot.domain.chat import SET_ASIDE, PostState
from intakebot.domain.contact import ContactState
from intakebot.domain.delivery import DeliveryState
from intakebot.domain.organisation import Organisation
from intakebot.ports import Archive


@dataclass(frozen=True, slots=True)
class Alarm:
    """Something that needs a person: a stable code, a sentence, which place it is about, since when (ISO)."""

    what: str
    sentence: str
    which: str = ""
    since: str | None = None


def alarms(archive: Archive, organisation: Organisation, now: datetime) -> list[Alarm]:
    """Everything that needs a person now, most urgent first."""
    counts = archive.counts()
    return [
        *_resting(counts, organisation),
        *_contacts(counts),
        *_deliveries(counts),
        *_chat(counts),
        *_mailboxes(archive.mailboxes()),
        *_undrained(archive.queues(), organisation, now),
    ]


def silenced(archive: Archive, replies_per_hour: int, now: datetime) -> list[Alarm]:
    """The breaker of automatic replies: one alarm for as long as it is open."""
    number = archive.replies_everywhere(now)
    if number < replies_per_hour:
        return []
    sentence = (
        f"{number} automatic replies were written within an hour, and no more leave for now: look for a loop"
        " (`intakebot case list`), or raise automatic_replies.per_hour"
    )
    return [Alarm("replies.silenced", sentence)]


def _resting(counts: Mapping[str, Mapping[str, int]], organisation: Organisation) -> Iterator[Alarm]:
    unrest = {
        state.name for flow in organisation.workflows.values() for state in flow.states.values() if not state.rest
    }
    for status in sorted(unrest & set(counts["cases"])):
        number = counts["cases"][status]
        yield Alarm("case.resting", f"{number} case(s) rest in {status}, where nobody sees them: move them on", status)


def _contacts(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Alarm]:
    number = counts["contacts"].get(ContactState.QUARANTINED.value, 0)
    if number:
        sentence = f"{number} contact(s) could not be registered: see `intakebot contact list --state quarantined`"
        yield Alarm("contact.quarantined", sentence)


def _deliveries(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Alarm]:
    for state in (DeliveryState.FAILED, DeliveryState.HELD):
        number = counts["deliveries"].get(state.value, 0)
        if number:
            counted = "1 delivery is" if number == 1 else f"{number} deliveries are"
            sentence = f"{counted} {state.value}: see `intakebot delivery list --state {state.value}`"
            yield Alarm(f"delivery.{state.value}", sentence)


def _chat(counts: Mapping[str, Mapping[str, int]]) -> Iterator[Alarm]:
    """What came from a chat and could not be worked off, and what agents should have seen there."""
    aside = counts.get("envelopes", {}).get(SET_ASIDE, 0)
    if aside:
        sentence = f"{aside} message(s) or click(s) from a chat were set aside: the log says why"
        yield Alarm("chat.set-aside", f"{sentence}; once that is mended, a restart tries messages again")
    failed = counts.get("posts", {}).get(PostState.FAILED.value, 0)
    if failed:
        sentence = (
            f"{failed} post(s) for agents cannot be shown: the log says why; a card tries again when its case changes"
        )
        yield Alarm("chat.post-failed", sentence)


def _mailboxes(standing: Iterable[Mapping[str, Any]]) -> Iterator[Alarm]:
    """Mails that nobody takes out of a mailbox any more, unless a person does something."""
    for mailbox in standing:
        left = {word: int(mailbox[word]) for word in ("set_aside", "too_large", "unmarked")}
        if any(left.values()):
            sentence = (
                f"{left['set_aside']} mail(s) could not be taken, {left['too_large']} are too large, and"
                f" {left['unmarked']} were taken and cannot be marked: look into the folder {mailbox['folder']}"
            )
            yield Alarm("mailbox.left", sentence, mailbox["name"])


def _undrained(queues: Mapping[str, Mapping[str, Any]], organisation: Organisation, now: datetime) -> Iterator[Alarm]:
    for name, figures in sorted(queues.items()):
        queue, waiting = organisation.queues.get(name), int(figures["waiting"])
        if not waiting:
            continue
        if queue is None:
            yield Alarm("queue.unknown", f"{waiting} case(s) wait in a queue that no configuration knows", name)
            continue
        oldest = str(figures["oldest_waiting_at"])
        waited = now - datetime.fromisoformat(oldest)
        if waited > queue.alarm_after:
            sentence = f"nobody drains it: {waiting} waiting, the oldest for {int(waited.total_seconds() // 3600)} h"
            yield Alarm("queue.undrained", sentence, name, oldest)

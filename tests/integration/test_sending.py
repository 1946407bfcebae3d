"""What becomes of replies when the way out is in trouble: the whole house, and where it matters a real next hop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from email import message_from_bytes
from pathlib import Path
from typing import Any

import pytest

from contract.channels.sink import Sink, sinking
from fakes.standing_house import REPLY_KEY, StandingHouse
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.domain.bounce_address import delivery_of_bounce
from intakebot.domain.change import Change
from intakebot.domain.commands import Ask, Reopen, Resolve, Take, WithdrawDelivery
from intakebot.domain.delivery import LEASE, Delivery, DeliverySettlement, DeliveryState
from intakebot.ports import CaseFilter, Outlet, Receipt, Store
from intakebot.storage.blobs import Blobs
from intakebot.storage.store import SqlStore
from intakebot.storage.writer import GroupWriter
from intakebot.usecases.deliver import Delivering, Recovery, Room, Sent
from intakebot.usecases.register import Registration
from intakebot.worker import Worker

CALLER = "ann@caller.example"
DEADLINE = 20


async def opened(standing: StandingHouse) -> int:
    """A case in charge of an agent; its acknowledgement is owed."""
    headers = f"From: Ann <{CALLER}>\r\nSubject: Router\r\nMessage-ID: <1@caller.example>\r\n"
    await standing.receive(f"{headers}\r\nIt is down.\r\n".encode(), CALLER, ("crc@intakebot.example",))
    await standing.register()
    number = int(standing.archive.cases(CaseFilter())[0]["number"])
    await standing.perform("dana", Take(number))
    return number


async def resolved(standing: StandingHouse) -> int:
    """A case whose resolution is owed, and nothing else."""
    number = await opened(standing)
    await standing.deliver()
    await standing.perform("dana", Resolve(number, "Restart it."))
    return number


def shown(standing: StandingHouse, kind: str) -> dict[str, Any]:
    [found] = [row for row in standing.archive.deliveries("", 100) if row["kind"] == kind]
    return standing.archive.delivery(found["id"])


def steps(standing: StandingHouse, kind: str) -> list[str]:
    return [step["state"] for step in shown(standing, kind)["steps"]]


def worker_with(standing: StandingHouse, **outlets: Outlet) -> Worker:
    registration = Registration(standing.house)
    return Worker(
        standing.house, standing.writer, standing.archive, registration, outlets, standing.wake, standing.read
    )


@asynccontextmanager
async def relaying(standing: StandingHouse, sink: Sink) -> AsyncIterator[Worker]:
    """The worker of the house with the sink as its next hop."""
    brief = timedelta(seconds=0.3)
    settings = RelaySettings("127.0.0.1", sink.port, "bot.example", Tls.NONE, content_timeout=brief)
    outlet = RelayOutlet(settings, bounce_key=REPLY_KEY)
    yield worker_with(standing, email=outlet)
    await outlet.close()


@dataclass
class MuteOutlet:
    """A way out that says nothing until it is `released`."""

    channel: str = "email"
    idempotent: bool = False
    at_once: int = 2
    offered: list[Delivery] = field(default_factory=list)
    released: asyncio.Event = field(default_factory=asyncio.Event)

    async def deliver(self, delivery: Delivery) -> Receipt:
        self.offered.append(delivery)
        await self.released.wait()
        return Receipt("250 taken")

    async def close(self) -> None:
        """Nothing is held."""


@pytest.mark.parametrize("trouble", ["reset", "silent"])
async def test_a_resolution_in_doubt_is_sent_twice_at_most_with_one_message_id(
    standing: StandingHouse, trouble: str
) -> None:  # case C01
    number = await resolved(standing)
    async with sinking(Sink(**{trouble: True})) as sink, relaying(standing, sink) as worker:
        for _ in range(4):
            await worker.act_on_what_is_due()
    assert steps(standing, "resolution") == ["sending", "deferred", "sending", "held"]
    assert "no answer after the content" in shown(standing, "resolution")["answer"]
    assert len(sink.taken) == 2
    assert len({message_from_bytes(content)["Message-ID"] for _, _, content in sink.taken}) == 1
    assert (await standing.case_file(number)).case.status == "Resolved"  # not closed


async def test_an_acknowledgement_in_doubt_is_sent_once(standing: StandingHouse) -> None:  # case C01
    await opened(standing)
    async with sinking(Sink(reset=True)) as sink, relaying(standing, sink) as worker:
        for _ in range(3):
            await worker.act_on_what_is_due()
    assert steps(standing, "acknowledgement") == ["sending", "held"]
    assert len(sink.taken) == 1


async def test_what_is_put_off_for_five_days_comes_back_to_a_person(standing: StandingHouse) -> None:  # case C03
    number = await resolved(standing)
    async with sinking(Sink(answers={"RCPT": "451 4.7.1 greylisted"})) as sink, relaying(standing, sink) as worker:
        waits = []
        while (state := shown(standing, "resolution")["state"]) != "failed":
            assert state in ("queued", "deferred")
            before = standing.clock.now()
            await worker.act_on_what_is_due()
            if due := standing.archive.next_due():
                standing.clock.advance(max(due - before, timedelta(0)))
                waits.append(round((due - before) / timedelta(minutes=1)))
    assert waits[:8] == [1, 5, 15, 30, 60, 120, 240, 480]
    assert sum(waits[:-1]) >= 5 * 24 * 60 - 480
    case = (await standing.case_file(number)).case
    assert (case.status, case.owner, case.closed_at) == ("Taken in charge", "dana", None)
    assert "451 4.7.1 greylisted" in shown(standing, "resolution")["answer"]
    assert sink.taken == []


@pytest.mark.parametrize("hook", ["RCPT", "DATA"])
async def test_what_is_refused_for_ever_comes_back_at_once(standing: StandingHouse, hook: str) -> None:  # case C03
    number = await resolved(standing)
    async with sinking(Sink(answers={hook: "550 5.1.1 no such user"})) as sink, relaying(standing, sink) as worker:
        await worker.act_on_what_is_due()
    assert shown(standing, "resolution")["answer"].endswith("550 5.1.1 no such user (there is no such mailbox)")
    case = (await standing.case_file(number)).case
    assert (case.status, case.owner, case.closed_at) == ("Taken in charge", "dana", None)


async def test_a_silent_way_out_keeps_neither_timers_nor_other_ways_waiting(standing: StandingHouse) -> None:
    # case C04
    await opened(standing)
    mute, stop = MuteOutlet(at_once=1), asyncio.Event()
    worker = worker_with(standing, email=mute, slack=standing.outlet)
    running = asyncio.create_task(worker.run(stop))
    async with asyncio.timeout(DEADLINE):
        while not mute.offered:
            await asyncio.wait({running}, timeout=0.01)
        before = standing.archive.counts()["timers"]
        assert before
        standing.clock.advance(timedelta(days=400))  # every timer is due, and mail has no place left
        standing.wake.all()
        while standing.archive.counts().get("timers") == before:
            await asyncio.wait({running}, timeout=0.01)
        mute.released.set()
        stop.set()
        await running
    assert shown(standing, "acknowledgement")["state"] == "sent"


async def test_no_more_is_begun_than_there_are_places(standing: StandingHouse) -> None:  # case C04
    for number in range(5):
        mail = f"From: a{number}@caller.example\r\nSubject: {number}\r\n\r\nHello {number}\r\n"
        await standing.receive(mail.encode(), f"a{number}@caller.example", ("crc@intakebot.example",))
    while await standing.register():
        pass
    mute = MuteOutlet(at_once=2)
    worker = worker_with(standing, email=mute)
    begun = [await worker.begin_what_is_due() for _ in range(3)]
    assert begun == [2, 0, 0]
    assert standing.archive.counts()["deliveries"] == {"queued": 3, "sending": 2}
    mute.released.set()
    assert [await worker.act_on_what_is_due() for _ in range(4)] == [0, 2, 1, 0]
    assert standing.archive.counts()["deliveries"] == {"sent": 5}


# --- more than one process ---


@asynccontextmanager
async def second_process(standing: StandingHouse, directory: Path) -> AsyncIterator[GroupWriter]:
    """Another node's way into the same database."""
    blobs = Blobs(directory)
    writer = GroupWriter(standing.database, lambda connection: SqlStore(connection, blobs, node=1))
    yield writer
    await asyncio.to_thread(writer.close)


async def test_a_delivery_belongs_to_whoever_sends_it_until_the_lease_ends(
    standing: StandingHouse, tmp_path: Path
) -> None:  # case C05
    await resolved(standing)
    ours, theirs = Delivering(standing.house), Delivering(standing.house)
    [mine] = await standing.writer.submit(ours.claim, Room(10))
    async with second_process(standing, tmp_path) as other:
        assert await other.submit(theirs.claim, Room(10)) == []
        assert await other.submit(theirs.recover, Recovery.AT_THE_START) == 0
        standing.advance(LEASE - timedelta(seconds=1))
        assert await other.submit(theirs.recover, Recovery.MEANWHILE) == 0
        standing.advance(timedelta(seconds=1))
        assert await other.submit(theirs.recover, Recovery.MEANWHILE) == 1
        [taken_over] = await other.submit(theirs.claim, Room(10))
        # Whoever slept for longer than the lease has no say any more, and the other has.
        late = Sent(mine, Receipt("250 from before"))
        assert await standing.writer.submit(ours.settle, late) is DeliveryState.SENDING
        assert await other.submit(theirs.settle, Sent(taken_over, Receipt("250 taken"))) is DeliveryState.SENT
    assert shown(standing, "resolution")["answer"] == "250 taken"
    assert steps(standing, "resolution") == ["sending", "deferred", "sending", "sent"]


async def test_what_our_own_predecessor_left_is_ours_at_once(standing: StandingHouse) -> None:  # case C05
    await resolved(standing)
    delivering = Delivering(standing.house)
    await standing.writer.submit(delivering.claim, Room(10))
    assert await standing.writer.submit(delivering.recover, Recovery.MEANWHILE) == 0
    assert await standing.writer.submit(delivering.recover, Recovery.AT_THE_START) == 1
    assert shown(standing, "resolution")["state"] == "deferred"


# --- what happens meanwhile ---


async def test_a_withdrawn_reply_does_not_leave(standing: StandingHouse) -> None:  # case C06
    number = await opened(standing)
    await standing.deliver()
    await standing.perform("dana", Ask(number, "Which lamp is red?"))
    await standing.perform("dana", WithdrawDelivery(shown(standing, "question")["id"]))
    assert await standing.deliver() == 0
    assert steps(standing, "question") == ["withdrawn"]
    assert len(standing.outlet.offered) == 1


async def test_the_resolution_of_a_reopened_case_does_not_leave(standing: StandingHouse) -> None:  # case C06
    number = await resolved(standing)
    await standing.perform("dana", Reopen(number, "Ann called again."))
    assert await standing.deliver() == 0
    assert shown(standing, "resolution")["state"] == "withdrawn"


def bounces_while_sending(standing: StandingHouse) -> Outlet:
    """A way out that takes the message, and whose bounce is here before its own answer."""

    @dataclass
    class Hasty(MuteOutlet):
        async def deliver(self, delivery: Delivery) -> Receipt:
            bounced = DeliverySettlement(delivery.id, DeliveryState.BOUNCED, "hard bounce 5.1.1", standing.clock.now())

            def write(store: Store, settlements: Any) -> list[None]:
                store.apply([Change(settlements=tuple(settlements))])
                return [None for _ in settlements]

            await standing.writer.submit(write, bounced)
            return Receipt("250 taken")

    return Hasty()


async def test_a_bounce_that_was_faster_than_our_own_commit_stands(standing: StandingHouse) -> None:
    number = await resolved(standing)
    await worker_with(standing, email=bounces_while_sending(standing)).act_on_what_is_due()
    delivery = shown(standing, "resolution")
    assert (delivery["state"], delivery["due_at"]) == ("bounced", None)
    assert delivery["answer"] == "hard bounce 5.1.1; the next hop had taken it: 250 taken"
    resolution = (await standing.case_file(number)).case.resolution
    assert resolution is not None
    assert resolution.sent_at is None


async def test_the_return_path_of_all_that_leaves_names_its_delivery(standing: StandingHouse) -> None:  # case D14
    await opened(standing)
    async with sinking(Sink()) as sink, relaying(standing, sink) as worker:
        await worker.act_on_what_is_due()
    [(sender, _, content)] = sink.taken
    message = message_from_bytes(content)
    assert delivery_of_bounce((REPLY_KEY,), sender) == int(message["X-Intakebot-Delivery"])
    assert message["Auto-Submitted"] == "auto-replied"
    assert message["In-Reply-To"] == "<1@caller.example>"

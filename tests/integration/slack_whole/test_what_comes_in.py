"""S2, S4, S5 and S16: whatever happens on the way in, each thing that a caller said is one contact, once."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import psycopg

from fakes.slack import Message
from integration.slack_whole.whole import Whole
from integration.slack_whole.workspace import Workspace


async def test_s2_an_event_that_comes_four_times_at_once_is_one_contact(anywhere: Whole, workspace: Workspace) -> None:
    # case I01
    said = await workspace.ann.says(workspace.help, "The pump leaks")
    await workspace.slack.redeliver(said, times=4)  # while the first one is still on its way
    await anywhere.settles()
    assert anywhere.conversations() == [["The pump leaks"]]
    assert anywhere.counts("contacts") == {"registered": 1}
    assert len(workspace.slack.thread(said)) == 1, "acknowledged once"


async def test_s2_an_event_that_comes_again_after_minutes_is_one_contact(whole: Whole, workspace: Workspace) -> None:
    # case I01
    said = await whole.says(workspace.ann, workspace.help, "The pump leaks")
    for seconds in (0, 60, 300):
        workspace.slack.clock.advance(seconds)
        await workspace.slack.redeliver(said)
        await whole.settles()
    assert whole.conversations() == [["The pump leaks"]]


async def test_s2_two_processes_take_an_event_in_once(pair: tuple[Whole, Whole], workspace: Workspace) -> None:
    # cases I01, I11
    one, other = pair
    said = await workspace.ann.says(workspace.help, "The pump leaks")
    for service in (one, other) * 2:
        service.faces_slack()
        workspace.slack.redeliver(said, times=2)
        await asyncio.sleep(0)
    for service in pair:
        await service.settles()
    assert one.conversations() == [["The pump leaks"]]
    assert len(workspace.cards(1001)) == len(workspace.slack.thread(said)) == 1


async def test_s4_a_disk_that_takes_too_long_makes_no_second_contact(anywhere: Whole, workspace: Workspace) -> None:
    # case I08
    workspace.slack.verdict.allow("event-attempt", because="the database is slower than Slack waits")
    with blocked(anywhere):
        said = await workspace.ann.says(workspace.help, "The pump leaks")
        (event,) = deliveries_of(workspace, said)
        while not await workspace.slack.comes(lambda: event.attempts, within=0.05):
            workspace.slack.clock.advance(1)
        assert not event.acked
    await anywhere.until(lambda: event.acked)
    await anywhere.settles()
    assert anywhere.conversations() == [["The pump leaks"]]


async def test_s5_connections_come_and_go_and_nothing_is_lost(whole: Whole, workspace: Workspace) -> None:
    # case I11
    slack, words = workspace.slack, [f"It leaks at place {n}" for n in range(6 if whole.mode == "socket" else 2)]
    slack.verdict.allow("event-attempt", because="connections go while something is on its way")
    for number, text in enumerate(words):
        workspace.clock.advance(timedelta(seconds=6))
        await workspace.ann.says(workspace.help, text)
        await (lose_connections(workspace, number) if whole.mode == "socket" else restart(whole))
        await all_acked(whole, workspace)
    await whole.settles()
    assert sorted(whole.conversations()) == [[text] for text in words]


async def test_s16_what_counts_as_a_callers_words(whole: Whole, workspace: Workspace) -> None:
    # case I07
    ann, help_, slack = workspace.ann, workspace.help, workspace.slack
    said = await whole.says(ann, help_, "The pump leaks")
    await whole.says(ann, help_, "More and more", thread=said, broadcast=True)
    await whole.says(ann, help_, "See here", thread=said, files=[("leak.txt", b"drip", "text/plain")])
    await whole.says(ann, help_, "is quite wet", thread=said, subtype="me_message")
    before = whole.conversations()
    assert before == [["The pump leaks", "More and more", "See here", "is quite wet"]]
    await whole.says(workspace.botty, help_, "I am a bot")
    await slack.slackbot_says(ann, "I am the workspace's own bot")
    await workspace.nora.leaves(help_)
    await workspace.nora.joins(help_)
    await whole.says(ann, help_, "Nobody knows this kind", subtype="brand_new_kind")
    slack.send_event({"type": "message", "subtype": "brand_new_kind", "channel": help_.id, "ts": "1.000001"})
    slack.send_event({"type": "brand_new_event", "channel": help_.id})
    await whole.settles()
    assert whole.conversations() == before
    assert whole.counts("envelopes").keys() == {"settled"}, "nothing is left, and nothing was set aside"


async def test_s16_what_is_changed_or_taken_back_stays_known(whole: Whole, workspace: Workspace) -> None:
    # case I07
    ann = workspace.ann
    said = await whole.says(ann, workspace.help, "The pump leaks")
    further = await whole.says(ann, workspace.help, "In the hall", thread=said)
    await ann.edits(said, "The pump leaks oil")
    await ann.unfurls(said)
    await ann.deletes(further)
    await whole.settles()
    assert whole.conversations() == [["The pump leaks", "In the hall"]]
    assert [text for text in whole.comments(1001) if "The pump leaks oil" in text and "The pump leaks\n" in f"{text}\n"]
    assert len(whole.comments(1001)) == 2
    assert len(workspace.slack.thread(workspace.card(1001))) == 3, "what was said, changed and taken back"


def deliveries_of(workspace: Workspace, said: Message) -> list:
    return [one for one in workspace.slack.deliveries if one.about == said.ts and one.kind == "event"]


async def lose_connections(workspace: Workspace, number: int) -> None:
    """Another misfortune each time."""
    sockets = workspace.slack.sockets
    (sockets.kill, sockets.refresh, lambda: sockets.half_open(0), lambda: sockets.kill(0), sockets.warn)[number % 5]()
    workspace.clock.advance(timedelta(seconds=11))


async def restart(whole: Whole) -> None:
    await whole.stop()
    await whole.start()


async def all_acked(whole: Whole, workspace: Workspace) -> None:
    """Let Slack bring what was not acknowledged again, until it is."""
    for _ in range(5):
        if await workspace.slack.comes(lambda: all(one.acked for one in workspace.slack.deliveries), within=0.5):
            return
        workspace.slack.clock.advance(61)
    await whole.until(lambda: all(one.acked for one in workspace.slack.deliveries))


@contextmanager
def blocked(whole: Whole) -> Iterator[None]:
    """Somebody else holds what a writer needs; reading goes on."""
    url = whole.opened.settings.database_url
    if url:
        with psycopg.connect(url.replace("+psycopg", "")) as connection:
            connection.execute("LOCK TABLE chat_envelopes IN SHARE MODE")
            yield
            connection.rollback()
        return
    connection = sqlite3.connect(whole.opened.data / "intakebot.db", isolation_level=None)
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        connection.close()

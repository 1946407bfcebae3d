"""S10 to S14: what leaves arrives once, in order and inert, whatever Slack does; what is internal stays inside."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from integration.slack_whole.whole import Whole
from integration.slack_whole.workspace import CANARY, Workspace, actions, read

POST = "chat.postMessage"
HOSTILE = "<!channel> <!here> <@{user}> <https://evil.example|bank.example> &lt;!everyone&gt; *_~`` ```x``` @channel"
RIGHT_TO_LEFT = "\u202egnp.exe \u2066\u2067 \u200f"
DANA = Actor.agent("dana")
AT_ONCE = timedelta(seconds=5)


async def test_s10_one_channel_that_is_refused_holds_up_no_other(whole: Whole, workspace: Workspace) -> None:
    # case I09
    workspace.slack.faults.add(POST, "ratelimited", channel=workspace.queues["support"], retry_after=120)
    for person, room, text in (
        (workspace.ann, workspace.help, "The pump leaks"),
        (workspace.cal, workspace.billing, "Why is my invoice so high?"),
        (workspace.cal, workspace.billing, "No signal since this morning"),
    ):
        workspace.clock.advance(timedelta(seconds=2))
        await person.says(room, text)
    await whole.mail("bo@acme.example", "Tap", "The tap drips.")
    await whole.settles(AT_ONCE)
    waiting = [case["number"] for case in whole.cases() if case["queue"] == "support"]
    others = {case["number"] for case in whole.cases()} - set(waiting)
    assert len(waiting) == len(others) == 2
    assert [len(workspace.cards(number)) for number in others] == [1, 1]
    assert not any(workspace.cards(number) for number in waiting)
    assert whole.counts("deliveries") == {"sent": 4}, "callers have been told, by mail too"
    await whole.settles(timedelta(minutes=5))
    assert [len(workspace.cards(number)) for number in waiting] == [1, 1]


async def test_s10_the_order_of_a_thread_is_kept(whole: Whole, workspace: Workspace) -> None:
    # case I09
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    card = workspace.card(1001)
    words = [f"Word {number}." for number in range(6)]
    for kind in ("ratelimited", "500", "timeout_before"):
        workspace.slack.faults.add(POST, kind, channel=card.channel, retry_after=3)
    desk = whole.opened.desk()
    for text in words:
        await desk.perform(c.AddComment(1001, text), DANA)
    whole.opened.wake.all()
    await whole.settles()
    lines = [read(one) for one in workspace.slack.thread(card)]
    assert [next(text for text in words if text in line) for line in lines] == words


@pytest.mark.postgres
async def test_s10_two_processes_show_everything_once(pair: tuple[Whole, Whole], workspace: Workspace) -> None:
    # case I09
    workspace.slack.limits.enabled = False
    one, other = pair
    for number in range(6):
        workspace.clock.advance(timedelta(seconds=2))
        await workspace.ann.says(workspace.help, f"The pump {number} leaks")
    for service in pair:
        await service.settles()
    numbers = [case["number"] for case in one.cases()]  # not in a row where the two got into each other's way
    for service in pair:
        for number in numbers:
            await service.opened.desk().perform(c.AddComment(number, "Hm."), DANA)
        service.opened.wake.all()
    for service in pair:
        await service.settles()
    assert [len(workspace.cards(number)) for number in numbers] == [1] * 6
    assert [len(workspace.slack.thread(workspace.card(number))) for number in numbers] == [2] * 6
    assert one.counts("posts") == other.counts("posts")
    assert one.counts("posts").keys() == {"posted"}


@pytest.mark.parametrize("kind", ["drop_after_store", "500"])
async def test_s11_what_nobody_knows_arrived_is_there_once(whole: Whole, workspace: Workspace, kind: str) -> None:
    # case I09
    workspace.slack.faults.add(POST, kind, times=3)  # the acknowledgement, the card, and one of them again
    said = await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.settles(timedelta(minutes=15))
    workspace.slack.faults.add(POST, kind, times=2)
    await whole.perform("dana", c.AddComment(1001, "Look at the seal."))
    await whole.perform("alice", c.Take(1001))
    await whole.perform("alice", c.Ask(1001, "Which pump?"))
    await whole.settles(timedelta(minutes=15))
    assert len(workspace.cards(1001)) == 1
    assert [("Which pump?" in read(one)) for one in workspace.slack.thread(said)] == [False, True]
    found = Counter(read(one).count("Look at the seal.") > 0 for one in workspace.slack.thread(workspace.card(1001)))
    assert found == {True: 1, False: 1}, "a comment and a reply"


async def test_s12_a_storm_of_changes_is_shown_by_its_end(whole: Whole, workspace: Workspace) -> None:
    await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    desk, before = whole.opened.desk(), len(workspace.slack.calls("chat.update"))
    for number in range(50):
        await desk.perform(c.Classify(1001, category=f"technical/kind-{number}"), DANA)
        whole.opened.wake.all()
    await whole.settles()
    assert "technical/kind-49" in read(workspace.card(1001))
    assert len(workspace.slack.calls("chat.update")) - before <= 12  # and none was refused, or the fake would say so
    assert not [call for call in workspace.slack.calls("chat.update") if not call.answer.get("ok")]


async def test_s13_hostile_words_are_shown_and_do_nothing(whole: Whole, workspace: Workspace) -> None:
    # case I06: the fake finds every mention, link and mass mention that would be live (its verdict)
    hostile = HOSTILE.format(user=workspace.dana.id)
    await whole.says(workspace.ann, workspace.help, hostile, typed=True)
    await whole.says(workspace.cal, workspace.billing, f"{hostile} {RIGHT_TO_LEFT}")
    await whole.mail("bo@acme.example", hostile, f"{hostile}\n{RIGHT_TO_LEFT}")
    await whole.mail("<!channel>@evil.example", "<!here>", hostile)
    for case in whole.cases():
        await whole.perform("dana", c.AddComment(case["number"], hostile))
        await whole.perform("dana", c.Take(case["number"]))
        await whole.perform("dana", c.Resolve(case["number"], hostile, told_by="" if case["answer_to"] else "phone"))
        await workspace.dana.clicks(workspace.card(case["number"]), "case.show")
        await whole.until(lambda: workspace.dana.modal and "Loading" not in read(workspace.dana.modal))
        await workspace.dana.closes_modal()
    await workspace.dana.opens_home()
    await workspace.dana.runs("/case", "find channel", workspace.queues["crc"])
    typed, wired, mailed = whole.conversations()[:3]
    assert typed == [hostile], "what the fingers typed is what is stored"
    assert "@Dana" in wired[0]
    assert hostile in mailed[0].replace("\r\n", "\n")
    shown = [read(workspace.card(case["number"])) for case in whole.cases()]
    assert all("evil.example" in text for text in shown[:3]), "shown as it is written, not left out"


@pytest.mark.parametrize("length", [3_001, 40_000])
async def test_s13_long_words_are_cut_where_they_are_shown_and_kept_whole(
    whole: Whole, workspace: Workspace, length: int
) -> None:  # case I12: the fake refuses whatever is over a limit of Slack's
    text = ("&<>_*`" * length)[:length]
    said = await whole.says(workspace.ann, workspace.help, text, typed=True)
    await whole.mail("bo@acme.example", "x" * 900, text * 3)
    assert whole.conversations()[0] == [text]
    assert len(whole.conversations()[1][0]) >= 3 * length
    for case in whole.cases():
        await whole.perform("dana", c.AddComment(case["number"], text))
        await whole.perform("alice", c.Take(case["number"]))
        await whole.perform("alice", c.Ask(case["number"], "y" * length))
        await workspace.dana.clicks(workspace.card(case["number"]), "case.show")
        await whole.until(lambda: workspace.dana.modal and "Loading" not in read(workspace.dana.modal))
        await workspace.dana.closes_modal()
    assert whole.counts("posts").keys() == {"posted"}
    answers = workspace.slack.thread(said)
    received = "".join(read(one) for one in answers) + "".join(
        file.content.decode() for one in answers for file in one.files
    )
    assert received.count("y" * 3_000) >= length // 3_000, "the caller gets all of it"


async def test_s14_what_is_internal_reaches_no_caller(whole: Whole, workspace: Workspace) -> None:
    # case H09
    ann, alice, dana_ = workspace.ann, workspace.alice, workspace.dana
    said = await whole.says(ann, workspace.help, "The pump leaks")
    await whole.mail("bo@acme.example", "Tap", "The tap drips.")
    for number in (1001, 1002):
        await whole.perform("alice", c.Take(number))
        for button, values in (
            ("case.comment", {"text": f"{CANARY} comment"}),
            ("case.task", {"title": f"{CANARY} task", "queue": "support"}),
        ):
            await whole.form(lambda b=button, n=number: alice.clicks(workspace.card(n), b), alice)
            assert not (await alice.submits(values)).errors
            await whole.settles()
        await alice.says(workspace.card(number).channel, f"{CANARY} under the card", thread=workspace.card(number))
        await whole.perform("dana", c.AddComment(number, f"{CANARY} work", "work_info"))
        await whole.perform("alice", c.Ask(number, "Which one?"))
        await whole.perform("alice", c.Resolve(number, "Tighten the screw."))
    await dana_.says(workspace.help, f"{CANARY}, dana, in the wrong room")  # a word of hers: it is there already
    await whole.says(ann, workspace.help, "Thanks", thread=said)
    await whole.settles()
    assert not [text for text in workspace.outside() if CANARY in text]
    filed = whole.filed_mail()
    assert len(filed) >= 3
    assert not [mail for mail in filed if CANARY.encode() in mail]
    for number in (1001, 1002):
        comments = "\n".join(whole.comments(number))
        assert all(f"{CANARY} {what}" in comments for what in ("comment", "under the card", "work"))


async def test_s14_only_an_agents_choice_reaches_the_caller(whole: Whole, workspace: Workspace) -> None:
    said = await whole.says(workspace.ann, workspace.help, "The pump leaks")
    await whole.perform("alice", c.Take(1001))
    before = len(workspace.slack.thread(said))
    await workspace.alice.says(workspace.card(1001).channel, "Call her back", thread=workspace.card(1001))
    await whole.settles()
    assert len(workspace.slack.thread(said)) == before
    assert "case.reply" in actions(workspace.card(1001))

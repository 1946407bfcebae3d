"""Lines, notices, the Home tab, answers to the command, replies: each says first what it is, and nothing gets lost."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pytest

from fakes.drawn_blocks import drawn
from intakebot.channels.slack.drawing import caller_words, home, lines, notices, replies, wording
from intakebot.channels.slack.drawing import layout_answers as answers
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.drawing.layout_samples import CASE, NOW, RESOLVED, WAITING
from intakebot.domain.chat import Preferences


def look(shown: Rendered) -> str:
    return drawn({"text": shown.text, "blocks": shown.blocks})


def buttons(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [one for block in blocks if block["type"] == "actions" for one in block["elements"]]


@pytest.mark.parametrize(
    ("shown", "first"),
    [
        pytest.param(lines.caller_line(CASE, answers.MESSAGE), "From the caller by e-mail · Kari Nordmann", id="in"),
        pytest.param(
            lines.caller_line(WAITING, answers.MESSAGE | {"sender": "t1/u7"}),
            "From the caller by Slack · Ola",
            id="chat",
        ),
        pytest.param(
            lines.reply_line(CASE, answers.DELIVERY),
            "Sent to the caller: resolution to Kari Nordmann by e-mail",
            id="out",
        ),
        pytest.param(
            lines.reply_line(
                WAITING,
                answers.DELIVERY
                | {"channel": "slack", "recipient": "T1/C1/17.1", "recipient_name": "", "automatic": True},
            ),
            "Sent to the caller, by itself: resolution to the caller's thread by Slack",
            id="out-by-chat",
        ),
        pytest.param(lines.comment_line(CASE, answers.COMMENT), "Work info by bob (internal)", id="comment"),
        pytest.param(
            lines.trouble_line(CASE, answers.HELD), "Not delivered to the caller: resolution to", id="trouble"
        ),
    ],
)
def test_a_line_says_first_which_way_the_words_went(shown: Rendered, first: str) -> None:
    assert look(shown).splitlines()[1].startswith(first)
    assert shown.text.startswith("C-100")


def test_a_long_line_is_cut_with_the_number_left_out_and_a_button_for_all() -> None:
    text = "x" * 10_000
    shown = lines.caller_line(CASE, answers.MESSAGE | {"new_text": text})
    (button,) = buttons(shown.blocks)
    kept = look(shown).partition("\n")[2].count("x")

    assert f"({10_000 - kept:,} more characters: “Show all”)" in look(shown)
    assert json.loads(button["value"]) == {"case": 1001, "version": 7, "part": "message:61"}
    assert buttons(lines.caller_line(CASE, answers.MESSAGE | {"text": answers.MESSAGE["new_text"]}).blocks) == []


def test_a_line_without_its_quotes_has_a_button_for_all() -> None:
    quoting = answers.MESSAGE | {"text": "Still dead.\n\n> Is it?", "new_text": "Still dead."}
    (button,) = buttons(lines.caller_line(CASE, quoting).blocks)
    assert json.loads(button["value"])["part"] == "message:61"


@pytest.mark.parametrize(
    ("state", "actions"),
    [
        ("failed", ["delivery.retry"]),
        ("held", ["delivery.retry", "delivery.withdraw"]),
        ("deferred", ["delivery.retry", "delivery.withdraw"]),
        ("queued", ["delivery.withdraw"]),
        ("bounced", []),
        ("sent", []),
    ],
)
def test_what_can_be_done_about_a_delivery_follows_from_its_state(state: str, actions: list[str]) -> None:
    found = list(lines.delivery_buttons(CASE, answers.HELD | {"state": state}))

    assert [one["action_id"] for one in found] == actions
    assert all(json.loads(one["value"]) == {"case": 1001, "delivery": "63"} for one in found)


def test_a_change_and_a_withdrawal_keep_what_was_said_before() -> None:
    changed = lines.amendment_line(CASE, "Kari", "It is green", "It is red", withdrawn=False)
    withdrawn = lines.amendment_line(CASE, "Kari", "", "It is red", withdrawn=True)

    assert "It is green" in look(changed)
    assert "It is red" in look(changed)
    assert "It is red" in look(withdrawn)


@pytest.mark.parametrize("what", notices.NOTICES)
def test_a_notice_says_why_it_came_and_can_be_stopped(what: str) -> None:
    shown = notices.notice(what, RESOLVED | {"resolved_at": None}, NOW, "https://acme.slack.com/archives/C1/p1")
    last = buttons(shown.blocks)[-1]

    assert shown.text.endswith("C-1001 No signal since this morning")
    assert (last["action_id"], json.loads(last["value"])) == ("notice.mute", {"case": 1001, "notice": what})
    assert notices.NOTICES[what] in look(notices.muted(what))


def test_a_notice_is_about_the_promise_that_is_nearest() -> None:
    assert "First answer due @2026-11-24 08:40 (6 h ago)" in look(notices.notice("overdue", WAITING, NOW))
    late = notices.notice("overdue", WAITING, NOW + timedelta(hours=4))
    assert "Solution due @2026-11-24 18:40 (20 min ago)" in look(late)
    assert "Solution due @2026-11-24 18:40 (in 3 h)" in look(notices.notice("due-soon", WAITING, NOW))


def test_a_notice_leads_to_the_card_and_nowhere_else() -> None:
    for url in ("", "https://evil.example/", "javascript:alert(1)"):
        shown = notices.notice("answered", CASE, NOW, url)

        assert [one["action_id"] for one in buttons(shown.blocks)] == ["case.show", "notice.mute"]


@pytest.mark.parametrize(
    ("page", "pages", "turns"),
    [(1, 1, {}), (1, 3, {"home.later": 2}), (2, 3, {"home.earlier": 1, "home.later": 3}), (3, 3, {"home.earlier": 2})],
)
def test_the_home_tab_turns_pages(page: int, pages: int, turns: dict[str, int]) -> None:
    view = home.home(answers.HOME | {"page": page, "pages": pages}, Preferences("alice"), NOW)
    found = {one["action_id"]: json.loads(one.get("value") or "{}").get("page") for one in buttons(view["blocks"])}

    assert {action: to for action, to in found.items() if action in ("home.earlier", "home.later")} == turns


def test_the_home_tab_with_500_cases_is_small_and_counts_them_all() -> None:
    view = home.home(answers.FULL_HOME, Preferences("alice"), NOW)

    assert len(view["blocks"]) <= 100
    assert len(json.dumps(view, ensure_ascii=False).encode()) < 250_000
    assert "== My cases (500)" in drawn(view)
    assert "The 10 that are due first, of 1,500." in drawn(view)


def test_the_home_tab_says_what_is_overdue_and_what_an_agent_wants_to_hear() -> None:
    text = drawn(home.home(answers.HOME, Preferences("alice", ("overdue",), "22:00", "07:00", "Europe/Oslo"), NOW))

    assert "OVERDUE for 5 h · Pending" in text
    assert "My case is overdue" not in text
    assert "Quiet from 22:00 to 07:00 (Europe/Oslo)." in text


def test_a_search_stands_above_everything_and_can_be_cleared() -> None:
    found = home.Search("pump", 40, [answers.ROW | {"number": number} for number in range(40)])
    view = home.home(answers.EMPTY_HOME, Preferences("alice"), NOW, found)
    search = view["blocks"][0]

    assert search["element"]["initial_value"] == "pump"
    assert (search["block_id"], search["element"]["action_id"]) == ("search", "home.search")
    assert search["dispatch_action"]
    assert drawn(view).count("[ Show ]") == home.FOUND
    assert "home.clear" in {one["action_id"] for one in buttons(view["blocks"])}


def test_the_home_tab_of_a_caller_shows_nothing_of_the_house() -> None:
    assert buttons(home.for_callers(NOW)["blocks"]) == []


@pytest.mark.parametrize(
    ("shown", "says"),
    [
        (replies.found("pump", {"total": 0}, NOW), "No case has “pump”."),
        (replies.found("pump", {"total": 1, "cases": [answers.ROW]}, NOW), "1 case for “pump”"),
        (replies.mine(answers.EMPTY_HOME, NOW), "You have no case."),
        (replies.queue("Triage", [answers.ROW], 1_200, NOW), "These are the first 1 of 1,200."),
        (replies.queue("Triage", [], 0, NOW), "Nothing is in Triage."),
        (replies.queues([("noc", "Network")]), "• noc (Network)"),
        (replies.why(CASE, answers.NO_WHY), "an agent has registered it"),
        (replies.unknown("shwo", "/fall"), "“shwo” is no word of /fall."),
    ],
)
def test_an_answer_to_the_command(shown: Rendered, says: str) -> None:
    assert says in look(shown)


def test_a_reply_is_whole_and_its_addresses_lead_where_they_say() -> None:
    shown = caller_words.reply("See https://example.org/a?b=1, please.\n<!channel> *no*")
    elements = shown.blocks[0]["elements"][0]["elements"]

    assert [(one["type"], one["text"]) for one in elements] == [
        ("text", "See "),
        ("link", "https://example.org/a?b=1"),
        ("text", ", please.\n<!channel> *no*"),
    ]
    assert shown.text == "See https://example.org/a?b=1, please.\n&lt;!channel&gt; *no*"


@pytest.mark.parametrize(
    ("length", "in_blocks", "cut"),
    [(7_000, True, False), (7_001, False, False), (39_000, False, False), (39_001, False, True)],
)
def test_a_long_reply_is_plain_text_and_a_very_long_one_a_file(length: int, *, in_blocks: bool, cut: bool) -> None:
    text = "x" * length
    shown = caller_words.reply(text)

    assert bool(shown.blocks) is in_blocks
    assert caller_words.is_cut(text) is cut
    assert (shown.text == text) is not cut
    assert len(shown.text) <= caller_words.LONGEST_POST


def test_a_reply_of_entities_is_cut_by_what_it_takes_when_escaped() -> None:
    assert caller_words.is_cut("&" * 8_000)
    assert not caller_words.is_cut("&" * 7_500)


@pytest.mark.parametrize(
    ("by", "words"),
    [
        ("agent:alice", "alice"),
        ("rule:route.noc", "rule route.noc"),
        ("timer:close", "the clock"),
        ("system", "the house"),
        ("Alice Archer", "Alice Archer"),
    ],
)
def test_who_did_something(by: str, words: str) -> None:
    assert wording.who(by) == words


def test_codes_without_words_are_shown_as_they_are() -> None:
    assert wording.states("odd") == wording.validity("odd") == wording.by_channel("odd") == "odd"
    assert wording.counted(1, "case") + wording.counted(1_234, "case") == "1 case1,234 cases"

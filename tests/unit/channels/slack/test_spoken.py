"""Which messages people said, and what they say: tables of what the platform may hand over."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.channels.slack.hearing.spoken import addressed, mentioned, spoken, text_of, why_not_taken
from intakebot.channels.slack.web.calls import Us
from intakebot.channels.slack.web.rooms import permalink

OWN = Us("T1", "Acme", "https://acme.slack.com/", "UBOT", "BBOT")
SAID = {"type": "message", "user": "U1", "ts": "1700000000.000100", "text": "hello"}


@pytest.mark.parametrize(
    ("message", "why"),
    [
        pytest.param({}, "", id="words"),
        pytest.param({"subtype": "file_share"}, "", id="files"),
        pytest.param({"subtype": "thread_broadcast"}, "", id="broadcast"),
        pytest.param({"subtype": "me_message"}, "", id="action"),
        pytest.param({"subtype": "bot_message"}, "subtype bot_message", id="bot-message"),
        pytest.param({"subtype": "channel_join"}, "subtype channel_join", id="join"),
        pytest.param({"subtype": "a b\nc"}, "subtype unknown", id="no-name"),
        pytest.param({"subtype": "x" * 90}, f"subtype {'x' * 50}", id="long-name"),
        pytest.param({"subtype": ["file_share"]}, "subtype unknown", id="no-text"),
        pytest.param({"subtype": "bot_message", "user": "UBOT"}, "subtype bot_message", id="subtype-before-all-else"),
        pytest.param({"user": "UBOT"}, "own words", id="own-user"),
        pytest.param({"user": "U1", "bot_id": "BBOT"}, "own words", id="own-bot"),
        pytest.param({"bot_id": "B2"}, "another bot", id="other-bot"),
        pytest.param({"bot_profile": {"id": "B2"}}, "another bot", id="by-profile"),
        pytest.param({"workflow_id": "Wf1"}, "another bot", id="workflow"),
        pytest.param({"user": "USLACKBOT"}, "slackbot", id="slackbot"),
        pytest.param({"user": ""}, "nobody said it", id="nobody"),
        pytest.param({"user": None}, "nobody said it", id="none"),
        pytest.param({"ts": ""}, "nobody said it", id="never"),
    ],
)
def test_what_counts_as_a_persons_words(message: dict[str, Any], why: str) -> None:
    assert why_not_taken(SAID | message, OWN) == why


def test_a_reply_knows_its_thread() -> None:
    root, reply = spoken(SAID, "C1"), spoken(SAID | {"thread_ts": "1.1", "parent_user_id": "U2"}, "C1")
    of_itself = spoken(SAID | {"thread_ts": SAID["ts"]}, "D1")
    assert (root.root_ts, root.is_reply, root.is_direct) == (SAID["ts"], False, False)
    assert (reply.root_ts, reply.is_reply, reply.answered) == ("1.1", True, "U2")
    assert (of_itself.root_ts, of_itself.is_reply, of_itself.is_direct) == (SAID["ts"], False, True)


@pytest.mark.parametrize(
    ("text", "bare", "left"),
    [
        ("<@UBOT>", True, ""),
        (" <@UBOT|intake>  <@UBOT>", True, "<@UBOT>"),
        ("<@UBOT> help", False, "help"),
        ("<@UBOT>, help", False, "help"),
        ("help <@UBOT>", False, "help <@UBOT>"),
        ("<@U2> help", False, "<@U2> help"),
        ("", True, ""),
    ],
)
def test_a_mention_in_front_says_only_whom_it_is_for(text: str, *, bare: bool, left: str) -> None:
    assert spoken(SAID | {"text": text}, "C1").is_bare("UBOT") is bare
    assert addressed(text, "UBOT") == left


def test_a_mention_with_a_file_is_not_bare() -> None:
    files = [{"id": "F1"}, "no file", {"name": "no id"}]
    said = spoken(SAID | {"text": "<@UBOT>", "files": files}, "C1")
    assert said.files == ({"id": "F1"},)
    assert not said.is_bare("UBOT")


def test_who_is_mentioned() -> None:
    assert mentioned("<@U1> and <@U2|bob>, <@U1>, <@u3>, <#C1>, <!here>, @U4") == ("U1", "U2")


def section(*elements: dict[str, Any]) -> dict[str, Any]:
    return {"type": "rich_text_section", "elements": list(elements)}


@pytest.mark.parametrize(
    ("blocks", "text"),
    [
        pytest.param(
            [{"type": "rich_text", "elements": [section({"type": "text", "text": "a<b"})]}], "a&lt;b", id="text"
        ),
        pytest.param([section({"type": "emoji", "name": "wave"})], ":wave:", id="emoji"),
        pytest.param([section({"type": "channel", "channel_id": "C1"})], "<#C1>", id="channel"),
        pytest.param([section({"type": "broadcast", "range": "here"})], "<!here>", id="broadcast"),
        pytest.param([section({"type": "usergroup", "usergroup_id": "S1"})], "", id="what-we-do-not-know"),
        pytest.param([{"type": "section", "text": {"type": "mrkdwn", "text": "words"}}], "words", id="section"),
        pytest.param("no list", "", id="no-list"),
        pytest.param([["no", "mapping"], None, 7], "", id="no-mappings"),
    ],
)
def test_a_message_without_text_says_what_its_blocks_say(blocks: Any, text: str) -> None:
    assert text_of({"text": "", "blocks": blocks}) == text
    assert text_of({"text": "words of its own", "blocks": blocks}) == "words of its own"


def test_blocks_of_any_depth_are_read_without_falling_in() -> None:
    block: dict[str, Any] = {"type": "text", "text": "deep"}
    for _ in range(5_000):
        block = {"type": "rich_text_section", "elements": [block]}
    assert text_of({"blocks": [block]}) == ""


NAMES = st.sampled_from(
    [
        "type",
        "subtype",
        "user",
        "ts",
        "text",
        "thread_ts",
        "files",
        "id",
        "blocks",
        "elements",
        "attachments",
        "is_share",
    ]
)
VALUES = st.recursive(
    st.sampled_from([None, True, 7, "", "text", "<@UBOT> a", "rich_text_section", "file_share"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=15,
)


@given(message=st.dictionaries(NAMES, VALUES))
def test_no_payload_makes_reading_fail(message: dict[str, Any]) -> None:
    if why_not_taken(message, OWN) == "":
        said = spoken(message, "C1")
        said.is_bare("UBOT")
        said.mentions("UBOT")


def test_where_a_message_is_found() -> None:
    assert permalink("https://a.slack.com/", "C1", "17.01") == "https://a.slack.com/archives/C1/p1701"
    assert permalink("https://a.slack.com", "C1", "17.01", "17.01") == "https://a.slack.com/archives/C1/p1701"
    assert permalink("https://a.slack.com/", "C1", "17.02", "17.01").endswith("/p1702?thread_ts=17.01&cid=C1")
    assert permalink("", "C1", "17.01") == ""

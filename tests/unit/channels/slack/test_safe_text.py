"""Text on its way to and from the workspace: whatever anybody typed is inert, whole, and within its limit."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fakes.live_markup import live_in
from intakebot.channels.slack.drawing import safe_text

NASTY = "<!channel> <!here|@here> <@U012AB3CD> <#C1|x> <https://evil.example|ok> &lt;!everyone&gt; <!subteam^S1>"
ANYTHING = st.text(max_size=300) | st.text(alphabet="<>&!@#|^Uhere channl;lt\n\r\u202e\u0301 \ud800💧", max_size=300)
IDS = st.sampled_from(["U012AB3CD", "C1", "", "U1|x", "U1> <!here", "u1", "!here", "U1\n"])


@given(ANYTHING)
@example(NASTY)
@example("&amp;lt;!channel&amp;gt;")
def test_escaped_text_is_inert(text: str) -> None:
    assert live_in(safe_text.escape(text)) == []
    assert "<" not in safe_text.escape(text)


@given(ANYTHING)
@example(NASTY)
def test_escaped_text_reads_as_it_was_typed(text: str) -> None:
    decoded = safe_text.escape(text).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")

    assert decoded == safe_text.visible(text)


@given(ANYTHING, st.integers(min_value=1, max_value=120))
@example("&" * 50, 31)
@example("💧" * 50, 31)
def test_escaped_text_keeps_its_limit_and_cuts_no_entity(text: str, limit: int) -> None:
    escaped = safe_text.escape(text, limit)

    assert safe_text.size(escaped) <= limit
    assert re.sub("&(?:amp|lt|gt);", "", escaped).count("&") == 0


@given(ANYTHING, st.integers(min_value=1, max_value=200))
def test_plain_text_is_never_empty_and_keeps_its_limit(text: str, limit: int) -> None:
    built = safe_text.plain(text, limit)

    assert (built["type"], built["emoji"]) == ("plain_text", False)
    assert 0 < safe_text.size(built["text"]) <= limit


@given(ANYTHING)
def test_nothing_that_is_shown_steers_or_hides(text: str) -> None:
    shown = safe_text.visible(text)

    assert {unicodedata.category(character) for character in shown if character not in "\n\t\u200c\u200d"} & {
        "Cc",
        "Cs",
        "Cf",
    } == set()
    assert safe_text.visible(shown) == shown
    shown.encode()


@given(ANYTHING)
def test_one_line_has_one_line(text: str) -> None:
    assert len(safe_text.one_line(text).splitlines()) <= 1
    assert safe_text.one_line(None) == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        pytest.param("a\r\nb\rc\u2028d\x0be", "a\nb\nc\nd\ne", id="line-breaks"),
        pytest.param("abc\u202edef\x1b[31m", "abc\ufffddef\ufffd[31m", id="turning-and-escapes"),
        pytest.param("pay\u200bload\ufeff\u00ad", "payload", id="without-a-look"),
        pytest.param(
            "\u0645\u06cc\u200c\u062e 👩\u200d🔧", "\u0645\u06cc\u200c\u062e 👩\u200d🔧", id="joiners-that-scripts-need"
        ),
        pytest.param("Z" + "\u0301" * 40 + "a", "Z" + "\u0301" * 4 + "a", id="stacked-accents"),
        pytest.param("half \ud83d surrogate", "half \ufffd surrogate", id="half-a-surrogate"),
    ],
)
def test_characters_that_are_marked_or_dropped(text: str, shown: str) -> None:
    assert safe_text.visible(text) == shown


@given(ANYTHING, st.integers(min_value=60, max_value=400))
def test_a_cut_text_says_how_much_is_left_out(text: str, limit: int) -> None:
    shown = safe_text.cut(text, limit, "({left} more: “Show all”)")

    assert safe_text.size(shown) <= limit
    if shown != text:
        kept, _, left = shown.partition("… (")
        assert text.startswith(kept)
        assert int(left.split(" ")[0].replace(",", "")) == len(text) - len(kept)


def test_a_cut_without_room_for_its_pointer_is_still_a_cut() -> None:
    assert safe_text.cut("0123456789", 4, "({left} more characters)") == "… (1"[:4]
    assert safe_text.cut("0123456789", 1) == "…"


@given(st.text(max_size=2_000), st.integers(min_value=10, max_value=300))
def test_pieces_are_the_whole_text(text: str, room: int) -> None:
    found = safe_text.pieces(text, room)

    assert "".join(found) == text
    assert all(0 < safe_text.size(piece) <= room for piece in found)


@given(ANYTHING, ANYTHING)
@example("https://evil.example/|sign in", "ok")
@example("javascript:alert(1)", "ok")
@example("https://x.example/> <!here", "ok")
def test_a_link_leads_where_it_says_or_is_none(url: str, label: str) -> None:
    found = live_in(safe_text.link(url, label))

    assert found == [] or (len(found) == 1 and found[0].partition("|")[0].lower().startswith(("http", "mailto:")))


def test_links_of_our_own() -> None:
    assert safe_text.link("https://example.org/a?b=1&c=2", "a | b") == "<https://example.org/a?b=1&amp;c=2|a / b>"
    assert safe_text.link("ftp://example.org", "a & b") == "a &amp; b"
    assert safe_text.link("https://example.org", "") == ""


@given(IDS)
def test_mentions_are_made_of_ids_only(name: str) -> None:
    for mention, sign in ((safe_text.person(name), "@"), (safe_text.channel(name), "#")):
        assert live_in(mention) in ([], [f"{sign}{name}"])
        assert (live_in(mention) == []) is not bool(re.fullmatch("[A-Z][A-Z0-9]+", name))


@pytest.mark.parametrize(
    ("url", "own"),
    [
        ("https://acme.slack.com/archives/C1/p1", True),
        ("https://acme.slack.com.evil.example/archives", False),
        ("https://evil.example/.slack.com/", False),
        ("https://user@acme.slack.com/", False),
        ("http://acme.slack.com/archives/C1/p1", False),
    ],
)
def test_only_addresses_of_the_platform_are_permalinks(url: str, own: bool) -> None:  # noqa: FBT001 - a table's column
    assert safe_text.is_permalink(url) is own


def test_a_date_has_a_fallback_in_utc() -> None:
    moment = datetime(2026, 11, 24, 16, 0, tzinfo=timezone(timedelta(hours=1)))

    assert safe_text.date(moment) == "<!date^1795532400^{date_short_pretty}, {time}|2026-11-24 15:00 UTC>"
    assert datetime.fromtimestamp(1795532400, UTC) == moment


@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param("hi <@U1> and <@U2|ola>", "hi @Kari and @ola", id="people"),
        pytest.param("see <#C1> <#C2|help>", "see #pumps #help", id="conversations"),
        pytest.param("<!here> <!channel|@channel> <!subteam^S1|@noc>", "@here @channel @noc", id="broadcasts"),
        pytest.param(
            "<https://a.example|the page> <https://b.example>",
            "the page (https://a.example) https://b.example",
            id="links",
        ),
        pytest.param("<mailto:a@b.example|a@b.example>", "a@b.example", id="mail"),
        pytest.param("<!date^17^{date}|today>", "today", id="dates"),
        pytest.param("1 &lt; 2 &amp;&amp; 3 &gt; 2 &amp;lt;", "1 < 2 && 3 > 2 &lt;", id="entities-once"),
        pytest.param("&lt;@U1&gt;", "<@U1>", id="typed-not-meant"),
        pytest.param("<@U9> *bold*", "@U9 *bold*", id="unknown"),
    ],
)
def test_words_from_the_workspace_become_readable(written: str, read: str) -> None:
    assert safe_text.readable(written, {"U1": "Kari", "C1": "pumps"}) == read


@given(ANYTHING)
def test_readable_never_fails(text: str) -> None:
    assert isinstance(safe_text.readable(text), str)

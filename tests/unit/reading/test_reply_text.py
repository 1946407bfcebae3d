"""The trimmed view: the customer's words and nothing else, but never at the price of the customer's words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.reading.content import Passage
from intakebot.reading.quotes import MARKER
from intakebot.reading.reply_text import new_text, trim


@pytest.mark.parametrize(
    "quote",
    [
        "On Mon, Nov 2, 2026 at 8:02 AM Support <s@helpdesk.example> wrote:\n> Hello",
        "On Mon, Nov 2, 2026 at 8:02 AM Support <s@helpdesk.example>\nwrote:\n\n> Hello\n> there",
        "Am 02.11.2026 um 08:02 schrieb Support <s@helpdesk.example>:\n\n> Hallo",
        "Le lun. 2 nov. 2026 à 08:02, Support <s@helpdesk.example> a écrit :\n\nBonjour",
        "El lun, 2 nov 2026 a las 8:02, Support (<s@helpdesk.example>) escribió:\n\nHola",
        "2026年11月2日(月) 8:02 Support <s@helpdesk.example>:\n\n> こんにちは",
        "-----Original Message-----\nFrom: Support\nSent: Monday\n\nHello",
        "-----Ursprüngliche Nachricht-----\nVon: Support\n\nHallo",
        "---- On Mon, 02 Nov 2026 08:02:00 +0100 s@helpdesk.example wrote ----\n\nHello",
        "From: Support <s@helpdesk.example>\nSent: Monday\nTo: Ann\nSubject: x\n\nHello",
        "________________________________\nVon: Support\nGesendet: Montag\nAn: Ann\nBetreff: x\n\nHallo",
        "> Hello\n> there",
        f"From: Support\n{MARKER}\nHello",
        f"> {MARKER}\n> Hello",
        "=-=-= Bitte oberhalb dieser Zeile antworten =-=-=\nHallo",
        "-- \nAnn Miller\nExample Ltd",
        "Sent from my iPhone",
        "Gesendet von Outlook für iOS<https://aka.ms/o0ukef>",
    ],
)
def test_what_follows_the_answer_is_cut(quote: str) -> None:
    answer = "Thank you!\nIt works: the light is green."
    assert trim(f"{answer}\n\n{quote}").startswith(answer)
    assert not {"Hello", "Hallo", "Hola", "Bonjour", "there", "Ltd", "Support <"} & set(
        trim(f"{answer}\n\n{quote}").replace("\n", " ").split(" ")
    )


@pytest.mark.parametrize(
    "words",
    [
        "These are my questions:\n1. Price\n2. Date",
        "Sent from my desk, this is quicker than by phone.",
        "The message said: error 17:04",
        "From: the kitchen\nI can hear it.",
        "--- important ---\nplease call me",
        "It broke on 2.11.2026 at 9:15:\nthe light went out",
    ],
)
def test_words_that_only_look_like_a_quote_stay(words: str) -> None:
    assert trim(words) == words


def test_answers_between_quoted_lines_stay() -> None:
    text = "See below.\n\nOn Mon, Nov 2, 2026 Support <s@x.example> wrote:\n"
    text += "> Which model?\nXR-7\n> Since when?\nFriday\n"
    kept = trim(text)
    assert [line for line in kept.split("\n") if line] == ["See below.", "XR-7", "Friday"]


@pytest.mark.parametrize(
    "text", ["> only a quote", "On Mon, Nov 2, 2026 Support <s@x.example> wrote:\n> Hello", "-- \nAnn"]
)
def test_where_nothing_would_remain_the_whole_text_is_shown(text: str) -> None:
    assert new_text([Passage(text)]) == text.strip()


@pytest.mark.parametrize(
    ("html", "kept"),
    [
        ("<p>New</p><blockquote type=cite>Old</blockquote>", "New"),
        (
            "<p>New</p><div class=gmail_quote><p class=gmail_attr>On<blockquote>Old</blockquote></div>",
            "New",
        ),
        ("<div>New</div><div id=appendonsend></div><hr><div id=divRplyFwdMsg>From</div><p>Old</p>", "New"),
        (
            "<p>New</p><blockquote type=cite>1</blockquote><p>More</p><blockquote type=cite>2</blockquote>",
            "New\n\nMore",
        ),
        ("<blockquote type=cite>Only old</blockquote>", "Only old"),
    ],
)
def test_quotes_marked_in_html_are_cut(html: str, kept: str) -> None:
    shown = html.replace("<p>", "\n").replace("<div>", "\n")
    assert new_text([Passage(shown if "Only" not in html else "Only old", html)]) == kept


WORDS = st.lists(st.text("abcdefghij ", min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=20)


@given(WORDS)
def test_a_mail_without_any_quote_is_shown_whole(lines: list[str]) -> None:
    text = "\n".join(lines).strip()
    assert new_text([Passage(text)]) == text


@given(WORDS, WORDS)
def test_every_unquoted_line_above_a_quote_survives(answer: list[str], quoted: list[str]) -> None:
    text = "\n".join([*answer, "", *(f"> {line}" for line in quoted)])
    assert new_text([Passage(text)]) == "\n".join(answer).strip()

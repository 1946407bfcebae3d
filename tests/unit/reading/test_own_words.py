"""Our own words in a reply: known to the letter, however a mail program wrapped, marked or moved them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from intakebot.reading.message import read_message
from intakebot.reading.reply_text import trimmed_view, without_our_words
from unit.reading.quoted_mail import BLOCKS, SENT

ANSWER = "It shows E17."
INSERTED = "It shows E17, and then the light goes out."


def view(text: str, html: str = "") -> str:
    return trimmed_view([(text, html)], [SENT]).text


@pytest.mark.parametrize(
    "quote",
    [
        SENT,
        SENT.replace("\n", " "),
        SENT.replace(" ", "\n"),
        SENT.upper(),
        "\n".join(f"| {line}" for line in SENT.split("\n")),
        "\n\n".join(f"    *{line}*" for line in SENT.split("\n")),
    ],
)
def test_our_words_need_no_mark(quote: str) -> None:
    assert view(f"{ANSWER}\n\n{quote}") == ANSWER


def test_an_unknown_introduction_above_our_words_goes_with_them() -> None:
    assert view(f"{ANSWER}\n\n2 Zzz 2026 08:02 Qqq s@helpdesk.example:\n\n{SENT}") == ANSWER


def test_answers_inside_a_quote_that_nothing_marks_stay() -> None:
    first, second, *rest = SENT.split("\n")
    quoted = "\n".join([first, second + " what the display shows.", "", INSERTED, "", *rest])
    sent = f"{SENT}\nWe are here until six in the evening, from Monday to Friday."
    text = (
        f"See below.\n\n{BLOCKS['Outlook']}\n\n{quoted}\nWe are here until six in the evening, from Monday to Friday."
    )
    shown = trimmed_view([(text, "")], [sent]).text
    assert INSERTED in shown
    assert "restart the unit" not in shown


def test_answers_inside_a_quote_that_html_marks_as_a_whole_stay() -> None:
    more = "We are here until six in the evening, from Monday to Friday."
    page = (
        f"<p>See below.</p><div id=divRplyFwdMsg>From: S</div><p>{SENT.replace(chr(10), '<br>')}</p>"
        f"<p>{INSERTED}</p><p>{more}</p>"
    )
    assert trimmed_view([("x", page)], [f"{SENT}\n\n{more}"]).text == f"See below.\n\n{INSERTED}"
    assert trimmed_view([("x", page)], ["other words"]).text == "See below."


@pytest.mark.parametrize("words", ["Kind regards, Support", "please restart the unit", "restart the unit and tell us"])
def test_a_customer_who_repeats_a_few_of_our_words_keeps_them(words: str) -> None:
    assert view(f"{ANSWER}\n{words}\n{ANSWER}") == f"{ANSWER}\n{words}\n{ANSWER}"


def test_a_message_that_was_read_gets_its_view_anew() -> None:
    raw = f"From: ann@customer.example\nSubject: Re: x\n\n{ANSWER}\n\n{SENT}\n".encode()
    message = read_message(raw)
    assert message.new_text == f"{ANSWER}\n\n{SENT}"
    again = without_our_words(message, [SENT])
    assert (again.new_text, [cut.reason for cut in again.cuts]) == (ANSWER, ["own-words"])
    assert replace(again, new_text=message.new_text, cuts=message.cuts) == message


def test_a_large_page_is_not_taken_apart_while_others_wait() -> None:  # case F12
    raw = b"From: a@b.example\r\nContent-Type: text/html\r\n\r\nNew" + b"<br title=x>" * 50_000 + SENT.encode()
    message = read_message(raw)
    assert without_our_words(message, [SENT]) is message


def test_the_marks_of_html_still_count_when_the_view_is_made_anew() -> None:
    raw = (
        b"From: ann@customer.example\nContent-Type: text/html\n\n"
        b"<p>New</p><blockquote type=cite>Old words that are not ours</blockquote>\n"
    )
    assert without_our_words(read_message(raw), [SENT]).new_text == "New"


@pytest.mark.parametrize("sent", [[], [""], ["\n\n"]])
def test_where_nothing_was_sent_the_view_stays(sent: list[str]) -> None:
    message = read_message(b"From: ann@customer.example\n\nHello\n> old")
    assert without_our_words(message, sent) == message

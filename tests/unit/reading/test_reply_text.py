"""The trimmed view: the customer's words and nothing else, but never at the price of the customer's words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from intakebot.reading.cut_reasons import SENTENCES
from intakebot.reading.html import to_text
from intakebot.reading.quotes import MARKER
from intakebot.reading.reply_text import TrimmedView, trimmed_view
from unit.reading.quoted_mail import BLOCKS, HTML, INTRODUCTIONS, INTRODUCTIONS_OF_MARKED_LINES, OWN_WORDS, QUOTED, SENT

if TYPE_CHECKING:
    from collections.abc import Sequence

ANSWER = "Thank you!\nIt works: the light is green."


def view(text: str, html: str = "") -> TrimmedView:
    return trimmed_view([(text, html)])


def reasons(text: str) -> list[str]:
    return [cut.reason for cut in view(text).cuts]


@pytest.mark.parametrize("introduction", INTRODUCTIONS.values(), ids=INTRODUCTIONS)
@pytest.mark.parametrize("quote", [QUOTED, SENT], ids=["marked", "unmarked"])
@pytest.mark.parametrize("gap", ["\n", "\n\n"], ids=["close", "apart"])
def test_an_introduction_and_its_quote_are_left_out(introduction: str, quote: str, gap: str) -> None:
    assert view(f"{ANSWER}{gap}{introduction}{gap}{quote}").text == ANSWER


@pytest.mark.parametrize("introduction", INTRODUCTIONS_OF_MARKED_LINES.values(), ids=INTRODUCTIONS_OF_MARKED_LINES)
def test_in_front_of_marked_lines_little_is_an_introduction(introduction: str) -> None:
    assert view(f"{ANSWER}\n\n{introduction}\n\n{QUOTED}").text == ANSWER


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_header_block_and_what_follows_are_left_out(block: str) -> None:
    assert view(f"{ANSWER}\n\n{block}\n\n{SENT}").text == ANSWER


@pytest.mark.parametrize("html", HTML.values(), ids=HTML)
def test_what_a_mail_program_marks_in_html_is_left_out(html: str) -> None:
    page = html.format(new=ANSWER.replace("\n", "<br>"), old=SENT.replace("\n", "<br>"))
    shown = view("as text", page)
    assert shown.text == ANSWER
    assert "please restart the unit" in " ".join(cut.text for cut in shown.cuts)


@pytest.mark.parametrize(
    ("ending", "reason"),
    [
        (f"Support\n{MARKER}\nHello", "marker"),
        ("=-=-= Bitte oberhalb dieser Zeile antworten =-=-=\nHallo", "marker"),
        ("> Hello", "quote"),
        ("-- \nAnn Miller\nExample Ltd", "signature"),
        ("__\nAnn Miller", "signature"),
        ("\u2014\nAnn Miller", "signature"),
        ("Sent from my iPhone", "device"),
        ("Gesendet von Outlook für iOS<https://aka.ms/o0ukef>", "device"),
        ("Enviado do meu telemóvel", "device"),
        ("Отправлено с iPhone", "device"),  # noqa: RUF001 - a Cyrillic letter
        ("(sent from my phone)", "device"),
        ("____________________\nnews mailing list\nhttps://lists.example/news", "list-footer"),
    ],
)
def test_why_an_ending_is_left_out(ending: str, reason: str) -> None:
    shown = view(f"{ANSWER}\n\n{ending}")
    assert shown.text.startswith(ANSWER)
    assert [cut.reason for cut in shown.cuts] == [reason]
    assert shown.cuts[0].text.split("\n")[-1] == ending.rsplit("\n", maxsplit=1)[-1]


def test_every_reason_has_a_sentence() -> None:
    text = f"{ANSWER}\n\n{INTRODUCTIONS['English']}\n{QUOTED}\n\nRegards\n-- \nAnn\n\n{BLOCKS['Outlook']}\n\nold"
    assert reasons(text) == ["introduction", "quote", "signature", "header-block"]
    assert set(reasons(text)) <= set(SENTENCES)
    assert all(sentence.endswith(".") for sentence in SENTENCES.values())


@pytest.mark.parametrize("words", OWN_WORDS)
def test_words_that_only_look_like_a_quote_stay(words: str) -> None:
    assert view(words) == TrimmedView(words)


def test_answers_between_quoted_lines_stay_with_what_they_answer() -> None:
    text = "See below.\n\nOn Mon, Nov 2, 2026 Support <s@x.example> wrote:\n"
    text += "> Which model?\nXR-7\n> Since when?\nFriday\n> Kind regards\n> Support"
    kept = view(text).text
    assert [line for line in kept.split("\n") if line] == [
        "See below.",
        "> Which model?",
        "XR-7",
        "> Since when?",
        "Friday",
    ]


def test_one_answer_below_a_quote_stands_alone() -> None:
    assert view(f"{INTRODUCTIONS['German']}\n{QUOTED}\n\n{ANSWER}\n-- \nAnn").text == ANSWER


def test_what_a_mail_program_broke_off_a_quoted_line_is_quoted() -> None:
    long = "> We have looked at the unit that you sent us in the spring of this year and"
    text = f"{ANSWER}\n\n{INTRODUCTIONS['English']}\n{long}\nfound nothing\n> that would explain it."
    assert view(text).text == ANSWER


def test_an_answer_below_a_long_question_is_not_broken_off() -> None:
    long = "> Would you please tell us whether the light in the corner of it was green?"
    text = f"{INTRODUCTIONS['English']}\n{long}\nyes it was\n> And the other one?\nred"
    assert {"yes it was", "red"} <= set(view(text).text.split("\n"))


def test_an_answer_below_a_line_that_had_room_for_it_is_not_broken_off() -> None:
    question = "> Please tell us which of the lights were red or green then"
    assert len(question) < 66
    assert "both" in view(f"{INTRODUCTIONS['English']}\n{question}\nboth\n> Regards").text


def test_an_introduction_behind_the_last_word_ends_it() -> None:
    assert view("Thanks\nall is well--- On Wed, Nov 4, 2026 at 3:59 PM, s@x.example wrote:\n> Hi").text == (
        "Thanks\nall is well"
    )


def test_answers_between_quotes_in_html_stay() -> None:
    page = "<p>New</p><blockquote type=cite>1</blockquote><p>More</p><blockquote type=cite>2</blockquote>"
    assert view("as text", page).text == "New\n\nMore"


@pytest.mark.parametrize(
    "text", ["> only a quote", "On Mon, Nov 2, 2026 Support <s@x.example> wrote:\n> Hello", "-- \nAnn", BLOCKS["Gmail"]]
)
def test_where_nothing_would_remain_the_whole_text_is_shown(text: str) -> None:
    assert view(text) == TrimmedView(text.strip())


def test_html_that_is_nothing_but_a_quote_is_shown() -> None:
    assert view("Only old", "<blockquote type=cite>Only old</blockquote>") == TrimmedView("Only old")


WORD = st.text("abcdefghij", min_size=1, max_size=8)
WORDS = st.lists(st.text("abcdefghij ", min_size=1, max_size=40).filter(str.strip), min_size=1, max_size=20)
PIECES = st.sampled_from(
    [*INTRODUCTIONS.values(), *BLOCKS.values(), *OWN_WORDS, QUOTED, SENT, MARKER, "-- \nAnn", "Sent from my iPhone", ""]
)


def lines_of(texts: Sequence[str]) -> Counter[str]:
    return Counter(line.strip() for text in texts for line in text.split("\n") if line.strip())


@given(st.lists(PIECES | WORD | st.text("ab>:-_@1.,\n ", max_size=60), min_size=1, max_size=12))
def test_every_line_is_shown_or_cut(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    shown = view(text)
    assert lines_of([shown.text, *(cut.text for cut in shown.cuts)]) == lines_of([text])
    assert bool(shown.text) == bool(text.strip())
    assert {cut.reason for cut in shown.cuts} <= set(SENTENCES)


@given(st.lists(st.sampled_from(list(HTML.values())), min_size=1, max_size=5))
def test_every_word_of_html_is_shown_or_cut(pages: list[str]) -> None:
    page = "".join(html.format(new=f"new{number} words", old=f"old{number} words") for number, html in enumerate(pages))
    shown = view("as text", page)
    seen = Counter(" ".join([shown.text, *(cut.text for cut in shown.cuts)]).split())
    assert seen == Counter(to_text(page).split())


@given(WORDS)
def test_a_mail_without_any_quote_is_shown_whole(lines: list[str]) -> None:
    text = "\n".join(lines).strip()
    assert view(text).text == text


@given(WORDS, WORDS)
def test_every_unquoted_line_above_a_quote_survives(answer: list[str], quoted: list[str]) -> None:
    text = "\n".join([*answer, "", *(f"> {line}" for line in quoted)])
    assert view(text).text == "\n".join(answer).strip()


@given(
    st.lists(st.tuples(st.lists(WORD, min_size=1, max_size=3), WORDS), min_size=1, max_size=6),
    st.sampled_from([*INTRODUCTIONS.values(), ""]),
)
def test_the_words_of_an_interleaved_answer_are_never_cut(parts: list[tuple[list[str], list[str]]], above: str) -> None:
    text = above
    for quoted, answer in parts:
        text += "".join(f"\n> {line}" for line in quoted) + "\n" + "\n".join(answer)
    answers = lines_of([line for _, answer in parts for line in answer])
    assert answers <= lines_of([view(text).text])

"""Every message and view that this channel ever shows, drawn of samples and of the worst that may come.

`every_layout` is what the tests check and what `intakebot slack check` has the platform itself validate. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import (
    caller_words,
    cards,
    home,
    lines,
    modals_answer,
    modals_case,
    modals_create,
    modals_frame,
    modals_reading,
    notices,
    replies,
)
from intakebot.channels.slack.drawing import layout_answers as answers
from intakebot.channels.slack.drawing import layout_samples as samples
from intakebot.channels.slack.drawing.blocks import Rendered
from intakebot.channels.slack.drawing.layout_samples import (
    CASE,
    CLOSED,
    DRAFTED,
    NOW,
    RESOLVED,
    SUGGESTION,
    VOID,
    WAITING,
    nasty,
)
from intakebot.domain.chat import Preferences

Payload: TypeAlias = dict[str, Any]
Bend: TypeAlias = Callable[[Any], Any]
Drawer: TypeAlias = Callable[[Bend], Any]

_CARD_URL = "https://acme.slack.com/archives/C1/p1700000000000100"
_PLACE = {"place": "T012AB3CD/C012AB3CD", "ts": "1700000000.000100"}


def every_layout() -> dict[str, Payload]:
    """Each layout by name: a message (`text`, `blocks`) or a view. `…, worst` has nasty text in every place."""
    found = sample_layouts()
    found |= {f"{name}, worst": layout for name, layout in layouts_of(nasty).items()}
    return found | {f"{name}, one long word": layout for name, layout in layouts_of(_long_word).items()}


def sample_layouts() -> dict[str, Payload]:
    """Each layout as it usually looks."""
    return layouts_of(lambda answer: answer)


def layouts_of(bend: Bend) -> dict[str, Payload]:
    """Each layout, drawn of the samples as `bend` leaves them."""
    drawers = {**_MESSAGES, **_LISTS, **_ANSWER_FORMS, **_CASE_FORMS, **_READ_FORMS, **_HOMES}
    return {name: _payload(draw(bend)) for name, draw in drawers.items()}


def _long_word(answer: Any) -> Any:  # noqa: ANN401 - any answer of the house
    return nasty(answer, samples.ONE_LONG_WORD)


def _payload(drawn: Rendered | Payload) -> Payload:
    return {"text": drawn.text, "blocks": drawn.blocks} if isinstance(drawn, Rendered) else drawn


def _values(bend: Bend, **more: object) -> dict[str, Any]:
    """What was filled in: words may be anything, choices are the house's own."""
    return answers.VALUES | {"text": bend(answers.VALUES["text"])} | more


_MESSAGES: Mapping[str, Drawer] = {
    "card in charge": lambda bend: cards.card(bend(CASE), NOW),
    "card waiting for an unknown caller": lambda bend: cards.card(bend(WAITING), NOW),
    "card waiting, nobody proposed": lambda bend: cards.card(bend(WAITING) | {"proposals": []}, NOW),
    "card with a suggested category": lambda bend: cards.card(bend(WAITING) | {"suggestion": SUGGESTION}, NOW),
    "card with a suggestion too long to use": lambda bend: cards.card(bend(WAITING | {"suggestion": SUGGESTION}), NOW),
    "card resolved and bounced": lambda bend: cards.card(bend(RESOLVED), NOW),
    "card with a draft": lambda bend: cards.card(bend(DRAFTED), NOW),
    "card closed": lambda bend: cards.card(bend(CLOSED), NOW),
    "card void": lambda bend: cards.card(bend(VOID), NOW),
    "card working": lambda bend: cards.working(cards.card(bend(CASE), NOW)),
    "card moved": lambda bend: cards.moved_stub(bend(CASE), bend("Customer relations")),
    "line from the caller": lambda bend: lines.caller_line(bend(CASE), bend(answers.MESSAGE)),
    "line of a reply": lambda bend: lines.reply_line(bend(CASE), bend(answers.DELIVERY)),
    "line of a comment": lambda bend: lines.comment_line(bend(CASE), bend(answers.COMMENT)),
    "line of trouble": lambda bend: lines.trouble_line(bend(CASE), bend(answers.HELD)),
    "line of a change": lambda bend: lines.amendment_line(
        bend(CASE), bend("Kari"), bend("It is green"), bend("It is red"), withdrawn=False
    ),
    "line of a withdrawal": lambda bend: lines.amendment_line(
        bend(CASE), bend("Kari"), "", bend("It is red"), withdrawn=True
    ),
    "notice assigned": lambda bend: notices.notice("assigned", bend(WAITING), NOW, _CARD_URL),
    "notice answered": lambda bend: notices.notice("answered", bend(CASE), NOW, _CARD_URL),
    "notice due soon": lambda bend: notices.notice("due-soon", bend(CASE), NOW, _CARD_URL),
    "notice overdue": lambda bend: notices.notice("overdue", bend(WAITING), NOW, _CARD_URL),
    "notice not delivered": lambda bend: notices.notice("not-delivered", bend(RESOLVED), NOW),
    "notice muted": lambda _bend: notices.muted("answered"),
    "reply to a caller": lambda bend: caller_words.reply(bend("Hello Ola,\n\nsee https://example.org/help?a=1&b=2.")),
}
_LISTS: Mapping[str, Drawer] = {
    "command find": lambda bend: replies.found(bend("red light"), bend(answers.FOUND), NOW),
    "command find nothing": lambda bend: replies.found(bend("red light"), {"total": 0, "cases": []}, NOW),
    "command mine": lambda bend: replies.mine(bend(answers.HOME), NOW),
    "command mine, none": lambda _bend: replies.mine(answers.EMPTY_HOME, NOW),
    "command queue": lambda bend: replies.queue(bend("Triage"), bend([answers.LATE_ROW]), 1, NOW),
    "command queue, empty": lambda bend: replies.queue(bend("Triage"), [], 0, NOW),
    "command queue, which": lambda bend: replies.queues(
        [(bend("noc"), bend("Network operations")), (bend("crc"), bend("Customer relations"))]
    ),
    "command why": lambda bend: replies.why(bend(CASE), bend(answers.WHY)),
    "command help": lambda _bend: replies.help_answer(),
    "command unknown": lambda bend: replies.unknown(bend("shwo")),
}
_ANSWER_FORMS: Mapping[str, Drawer] = {
    "form reply": lambda bend: modals_answer.reply_form(
        bend(CASE), preview=bend(answers.PREVIEW), values=_values(bend), notes=_PLACE
    ),
    "form resolve": lambda bend: modals_answer.resolve_form(
        bend(CASE), templates=bend(answers.TEMPLATES), suggestions=bend(answers.SUGGESTIONS), notes=_PLACE
    ),
    "form resolve with a template": lambda bend: modals_answer.resolve_form(
        bend(CASE),
        templates=answers.TEMPLATES,
        preview=bend(answers.PREVIEW),
        values=_values(bend, template="restart", told_by="phone", options=["draft"]),
        fresh=3,
        notes=_PLACE,
    ),
    "form answer and close": lambda bend: modals_answer.resolve_form(bend(CASE), final=True, notes=_PLACE),
    "form preview of a resolution": lambda bend: modals_answer.preview_form(
        bend(CASE),
        "resolution",
        bend(answers.PREVIEW),
        _values(bend, options=["final"]),
        _PLACE,
    ),
    "form preview of a reply": lambda bend: modals_answer.preview_form(
        bend(WAITING), "question", bend(answers.CHAT_PREVIEW), _values(bend, files=[]), _PLACE
    ),
    "form preview that cannot be sent": lambda bend: modals_answer.preview_form(
        bend(CASE), "resolution", bend(answers.UNSENDABLE), answers.VALUES, _PLACE
    ),
}
_CASE_FORMS: Mapping[str, Drawer] = {
    "form move": lambda bend: modals_case.move_form(bend(CASE), answers.CHOICES, _PLACE),
    "form move, many queues": lambda bend: modals_case.move_form(bend(WAITING), answers.MANY_CHOICES, _PLACE),
    "form comment": lambda bend: modals_case.comment_form(bend(CASE), notes=_PLACE),
    "form task": lambda bend: modals_case.task_form(bend(WAITING), answers.MANY_CHOICES, _PLACE),
    "form classify": lambda bend: modals_case.classify_form(bend(CASE), answers.CHOICES, _PLACE),
    "form classify, many categories": lambda bend: modals_case.classify_form(bend(CASE), answers.MANY_CHOICES, _PLACE),
    "form classify, suggested": lambda bend: modals_case.classify_form(
        bend(WAITING | {"suggestion": SUGGESTION}), answers.CHOICES, _PLACE
    ),
    "form classify, typed": lambda bend: modals_case.classify_form(bend(CASE) | {"category": ""}, {}, _PLACE),
    "form identify": lambda bend: modals_case.identify_form(bend(WAITING), "FJORD", _PLACE),
    "form identify, nobody proposed": lambda bend: modals_case.identify_form(bend(CASE), notes=_PLACE),
    "form split": lambda bend: modals_case.split_form(bend(CASE), answers.CHOICES, _PLACE),
    "form link": lambda bend: modals_case.link_form(bend(CASE), _PLACE),
    "form close": lambda bend: modals_case.close_form(bend(RESOLVED), _PLACE),
    "form reopen": lambda bend: modals_case.reopen_form(bend(RESOLVED), _PLACE),
    "form void": lambda bend: modals_case.void_form(bend(WAITING), _PLACE),
    "form preferences": lambda _bend: modals_case.preferences_form(
        Preferences("alice", ("due-soon",), "22:00", "07:00", "Europe/Oslo")
    ),
    "form create, by an agent": lambda bend: modals_create.create_form(
        by_agent=True, title=bend("Pump"), addresses=answers.ADDRESSES, notes=_PLACE
    ),
    "form create, by a caller": lambda bend: modals_create.create_form(by_agent=False, title=bend("Pump")),
    "form create, out of a message": lambda bend: modals_create.create_form(
        by_agent=True, message=bend(answers.MESSAGE), notes=_PLACE
    ),
}
_READ_FORMS: Mapping[str, Drawer] = {
    "form loading": lambda bend: modals_frame.skeleton("resolve", "Resolve", bend("C-1001"), _PLACE),
    "form told": lambda bend: modals_frame.told("resolve", bend("Resolve"), bend("C-1001 is bob's already")),
    "form text": lambda bend: modals_reading.text_form(
        bend(CASE), bend("From Kari"), bend("It is dark."), page=1, notes={"part": "message:61"}
    ),
    "form text, second page": lambda bend: modals_reading.text_form(
        bend(CASE), bend("From Kari"), "It is still dark. " * 2_200, page=2, notes={"part": "message:61"}
    ),
    "form case": lambda bend: modals_reading.case_form(bend(CASE), bend(answers.WHOLE), notes=_PLACE),
    "form why": lambda bend: modals_reading.why_form(bend(CASE), bend(answers.WHY), _PLACE),
    "form why, nothing": lambda bend: modals_reading.why_form(bend(CASE), answers.NO_WHY, _PLACE),
    "form more": lambda bend: modals_reading.more_form(bend(CASE), _PLACE),
    "form more, marked": lambda bend: modals_reading.more_form(bend(CASE) | {"markers": ["NNR"]}, _PLACE),
    "form more, ended": lambda bend: modals_reading.more_form(bend(CLOSED), _PLACE),
    "form help": lambda _bend: modals_reading.help_form(),
}
_NOBODY, _QUIET = Preferences("alice"), Preferences("alice", tuple(notices.NOTICES), "22:00", "07:00", "Europe/Oslo")
_HOMES: Mapping[str, Drawer] = {
    "home": lambda bend: home.home(bend(answers.HOME), _NOBODY, NOW),
    "home, nothing there": lambda _bend: home.home(answers.EMPTY_HOME, _QUIET, NOW),
    "home, 500 cases": lambda bend: home.home(bend(answers.FULL_HOME), _QUIET, NOW),
    "home, searched": lambda bend: home.home(
        bend(answers.HOME), _NOBODY, NOW, home.Search(bend("red light"), 23, bend(answers.FOUND["cases"]))
    ),
    "home of a caller": lambda _bend: home.for_callers(NOW),
}

"""Shortcuts: a new case from anywhere (`case.new`), and a case out of a message (`case.create`). For everybody.

`register` hangs them on the app; the form behind both is in `forms_create`.
"""

from __future__ import annotations

from functools import partial
from typing import Any

from slack_bolt.async_app import AsyncApp

from intakebot.channels.slack.answering.answers import Ack, Answer, Workplace, attend
from intakebot.channels.slack.answering.clicks import Click, chosen_shortcut
from intakebot.channels.slack.answering.forms_create import FORMS as CREATE
from intakebot.channels.slack.answering.forms_create import MESSAGE_SHORTCUT
from intakebot.channels.slack.answering.forms_frame import open_form

GLOBAL_SHORTCUT = "case.new"


def register(app: AsyncApp, workplace: Workplace) -> None:
    """Answer both shortcuts."""

    async def on_shortcut(ack: Ack, body: dict[str, Any]) -> None:
        click = chosen_shortcut(body, workplace.own.team)
        await attend(workplace, click, partial(_open, workplace, click), ack)

    app.global_shortcut(GLOBAL_SHORTCUT)(on_shortcut)
    app.message_shortcut(MESSAGE_SHORTCUT)(on_shortcut)


async def _open(workplace: Workplace, click: Click, answer: Answer) -> None:
    await open_form(workplace, click, answer, CREATE[0])

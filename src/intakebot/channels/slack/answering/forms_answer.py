"""Forms that write to a caller, in two steps: write, then read exactly what leaves, and only then send.

Reply, resolve, answer and close. The preview lies on top of the form in which was written, so that whoever does not
send comes back to their words. What was seen is what is sent: a text that was changed in the preview is shown anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from intakebot.channels.slack.answering.answers import Answer, Workplace
from intakebot.channels.slack.answering.clicks import Click, id_in
from intakebot.channels.slack.answering.form_files import fetched, named
from intakebot.channels.slack.answering.form_state import View
from intakebot.channels.slack.answering.forms_frame import Done, Form, notes_for, redraw
from intakebot.channels.slack.answering.subjects import Case, case_number, case_of, known_agent, open_case_of
from intakebot.channels.slack.drawing.modals_answer import SUGGESTIONS, digest, preview_form, reply_form, resolve_form
from intakebot.domain import commands as c
from intakebot.domain.actors import Actor

Values: TypeAlias = Mapping[str, Any]
QUESTION, RESOLUTION = "question", "resolution"
ANSWERS = ("resolve", "answer-and-close")
ANSWER_AND_CLOSE = "case.answer-and-close"
_SEEN_ONLY = ("kind", "seen", "files", "template", "told_by", "options")
"""What a preview remembers of what it shows; a form below or a new preview remembers its own."""


async def _preview(workplace: Workplace, case: Case, kind: str, values: Values) -> Mapping[str, Any]:
    wanted = {name: str(values.get(name) or "").strip() for name in ("text", "template")}
    answer: Mapping[str, Any] = await workplace.desk.ask(
        "reply.preview", {"case": case["number"], "kind": kind, **wanted}
    )
    return answer


def _notes(click: Click) -> dict[str, Any]:
    return {name: value for name, value in notes_for(click).items() if name not in _SEEN_ONLY}


# --- reply


async def _draw_reply(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    case = await open_case_of(workplace, click)
    return reply_form(case, preview=await _preview(workplace, case, QUESTION, {}), notes=_notes(click))


async def _preview_reply(workplace: Workplace, click: Click, _by: Actor | None) -> Done:
    return Done(await _previewed(workplace, click, QUESTION, click.values), push=True, acted=False)


# --- resolve


async def _draw_resolve(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    return await _resolve_form(workplace, click, await open_case_of(workplace, click, *ANSWERS), {})


async def _resolve_form(
    workplace: Workplace, click: Click, case: Case, values: Values, *, fresh: int | None = None
) -> View:
    number = case["number"]
    kept = (id_in(click.notes.get("fresh")) or 0) if fresh is None else fresh
    return resolve_form(
        case,
        templates=await workplace.desk.ask("template.choices", {"number": number}),
        suggestions=await workplace.desk.ask("case.suggest", {"number": number, "limit": SUGGESTIONS}),
        preview=await _preview(workplace, case, RESOLUTION, values),
        values=values,
        fresh=kept,
        final=click.verb == ANSWER_AND_CLOSE or bool(click.notes.get("final")),
        notes=_notes(click) | {"fresh": kept},
    )


async def choose_template(workplace: Workplace, click: Click, answer: Answer) -> None:
    """A template was chosen: show how it reads for this caller."""
    answer.give()
    await workplace.actor(click)
    case = await case_of(workplace, click)
    await redraw(workplace, click, await _resolve_form(workplace, click, case, click.values))


async def take_suggestion(workplace: Workplace, click: Click, answer: Answer) -> None:
    """What helped before is to be used: its words are put into the field, or its template is chosen.

    Nothing leaves by that: they are read, perhaps changed, and previewed like all others.
    """
    answer.give()
    await workplace.actor(click)
    case = await case_of(workplace, click)
    wanted = {"number": case["number"], "limit": SUGGESTIONS}
    for one in await workplace.desk.ask("case.suggest", wanted):
        if all(str(one.get(name) or "") == str(click.notes.get(name) or "") for name in ("label", "template")):
            template = str(one.get("template") or "")
            words = {"template": template} if template else {"text": str(one.get("text") or "")}
            values = dict(click.values) | words
            fresh = (id_in(click.notes.get("fresh")) or 0) + 1
            await redraw(workplace, click, await _resolve_form(workplace, click, case, values, fresh=fresh))
            return


async def _carry_out_resolve(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    """A draft, and what the caller was told already, leave nothing to be seen first; all others are shown."""
    values = click.values
    draft, told_by = "draft" in (values.get("options") or ()), click.said("told_by")
    if not draft and not told_by:
        return Done(await _previewed(workplace, click, RESOLUTION, values), push=True, acted=False)
    number = await case_number(workplace, click)
    command = c.Resolve(
        number,
        click.said("text"),
        click.said("template"),
        draft=draft,
        told_by=told_by,
        final=_is_final(values),
        files=await fetched(workplace, values.get("files") or ()),
    )
    await workplace.desk.perform(command, known_agent(by))
    return Done()


# --- preview


async def _previewed(workplace: Workplace, click: Click, kind: str, values: Values) -> View:
    case = await case_of(workplace, click)
    return preview_form(case, kind, await _preview(workplace, case, kind, values), values, _notes(click))


async def _draw_preview(workplace: Workplace, click: Click, _by: Actor | None) -> View:
    return await _previewed(workplace, click, _kind(click), _seen_values(click))


async def _carry_out_preview(workplace: Workplace, click: Click, by: Actor | None) -> Done:
    """Send what was seen; what is not what was seen is shown first."""
    kind, values = _kind(click), _seen_values(click)
    if digest(kind, values) != click.notes.get("seen"):
        shown = {**values, "files": await named(workplace, values["files"])}
        return Done(await _previewed(workplace, click, kind, shown), acted=False)
    number = await case_number(workplace, click)
    files = await fetched(workplace, values["files"])
    command: c.Command = (
        c.Ask(number, values["text"], files)
        if kind == QUESTION
        else c.Resolve(number, values["text"], values["template"], final=_is_final(values), files=files)
    )
    await workplace.desk.perform(command, known_agent(by))
    return Done()


def _kind(click: Click) -> str:
    return RESOLUTION if click.notes.get("kind") == RESOLUTION else QUESTION


def _seen_values(click: Click) -> dict[str, Any]:
    """What the preview shows, with the words as they stand in its field now."""
    files, options = click.notes.get("files"), click.notes.get("options")
    return {
        "text": click.said("text"),
        "template": str(click.notes.get("template") or ""),
        "options": [str(one) for one in options] if isinstance(options, list) else [],
        "files": [{"id": str(one)} for one in files] if isinstance(files, list) else [],
    }


def _is_final(values: Values) -> bool:
    return "final" in (values.get("options") or ())


_WORDS = {"question.empty": "text", "guard.resolution-entered": "text", "template": "template"}
FORMS = (
    Form("reply", "Reply to caller", _draw_reply, _preview_reply, _WORDS),
    Form("resolve", "Resolve", _draw_resolve, _carry_out_resolve, _WORDS | {"files.not-sent": "files"}),
    Form("preview", "This is what leaves", _draw_preview, _carry_out_preview, _WORDS),
)
"""Reply and resolve are opened by buttons; the preview follows them."""

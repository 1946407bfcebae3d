"""Forms that write to a caller: reply, resolve, and the preview that stands before anything leaves.

Nothing typed in a thread leaves the house; these forms are the only way out. The first form is where the agent
writes; the preview shows who gets exactly which words, and only its button sends them. A preview whose text is
changed is shown anew: what was seen is remembered as a digest. Pure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing import blocks, fields, safe_text
from intakebot.channels.slack.drawing.blocks import Block
from intakebot.channels.slack.drawing.card_work import described, open_tasks
from intakebot.channels.slack.drawing.fields import Choice
from intakebot.channels.slack.drawing.modals_frame import NO_NOTES, Case, Notes, View, about, form, headline, in_full
from intakebot.channels.slack.drawing.wording import by_channel, counted, cut_line

Preview: TypeAlias = Mapping[str, Any]
Template: TypeAlias = Mapping[str, Any]
Suggestion: TypeAlias = Mapping[str, Any]
Values: TypeAlias = Mapping[str, Any]

SUGGESTIONS = 3
LONGEST_PREVIEW = 60_000
TOO_LONG = "it is longer than can be looked through here; shorten it, or send it from the command line"
TOLD_BY = (Choice("phone", "By phone"), Choice("walk-in", "At the counter"), Choice("fax", "By fax"))


def reply_form(
    case: Case, *, preview: Preview | None = None, values: Values | None = None, notes: Notes = NO_NOTES
) -> View:
    """Write to the caller without resolving. `preview`: the answer of `reply.preview`, for who will get it."""
    held = values or {}
    return form(
        "reply",
        "Reply to caller",
        [
            headline(case),
            *_recipients(preview),
            fields.text_field(
                "text",
                "What do you want to say or ask?",
                initial=str(held.get("text") or ""),
                lines=True,
                focus=True,
                hint="Greeting and signature are added. You see everything before it leaves.",
            ),
            fields.files_field("files", "Files to send along"),
        ],
        submit="Preview",
        notes=about(case, notes),
    )


def resolve_form(
    case: Case,
    *,
    templates: Sequence[Template] = (),
    suggestions: Sequence[Suggestion] = (),
    preview: Preview | None = None,
    values: Values | None = None,
    fresh: int = 0,
    final: bool = False,
    notes: Notes = NO_NOTES,
) -> View:
    """Enter the resolution.

    `templates`: the answer of `template.choices`; `suggestions` of `case.suggest`; `preview` of `reply.preview` for
    the template that is chosen in `values`. `fresh`, higher than before, replaces what was typed and chosen by
    `values` (a suggestion was taken). `final` ticks the final answer: the button was "Answer and close".
    """
    held = values or {}
    parts = [
        headline(case),
        *_recipients(preview),
        _template_field(templates, held, fresh),
        *_reads(preview, held),
        *_suggested(case, suggestions),
        _resolution_field(held, fresh),
        *_closed_with_it(case),
        _how(case, held, final=final),
        _told_field(held),
        fields.files_field("files", "Files to send along"),
    ]
    title = "Answer and close" if final else "Resolve"
    return form(
        "resolve", title, parts, submit="Preview", notes=about(case, notes) | ({"final": True} if final else {})
    )


def _template_field(templates: Sequence[Template], held: Values, fresh: int) -> Block | None:
    return fields.choice_field(
        "template",
        "Template",
        [_template(one) for one in templates],
        chosen=str(held.get("template") or ""),
        optional=True,
        watched=True,
        fresh=fresh,
        placeholder="Write it myself, or choose a template",
    )


def _resolution_field(held: Values, fresh: int) -> Block:
    return fields.text_field(
        "text",
        "The resolution, as the caller will read it",
        initial=str(held.get("text") or ""),
        lines=True,
        optional=True,
        fresh=fresh,
        hint="Greeting and signature are added. You see everything before it leaves.",
    )


def _told_field(held: Values) -> Block | None:
    return fields.choice_field(
        "told_by",
        "Was the caller told already?",
        TOLD_BY,
        chosen=str(held.get("told_by") or ""),
        optional=True,
        placeholder="No: send it",
        hint="Then nothing is sent, and the case notes how the caller was told.",
    )


def preview_form(case: Case, kind: str, preview: Preview, values: Values, notes: Notes = NO_NOTES) -> View:
    """Exactly what will leave, and to whom; its button sends it. `kind`: `resolution` or `question`.

    `values` are those of the form before (see `read_form`). They are remembered here, so that nothing else is
    needed to send: `text` in a field that may still be changed, the rest in the notes, with the digest of what is
    shown (`seen`; none when it cannot be sent, so that another preview follows). Files are remembered by id.
    """
    files = [dict(one) for one in values.get("files") or ()]
    kept = {name: values[name] for name in ("template", "told_by", "options") if values.get(name)}
    if safe_text.size(str(preview.get("text") or "")) > LONGEST_PREVIEW:
        preview = {**preview, "problem": TOO_LONG, "text": ""}
    sendable = bool(preview.get("to")) and not preview.get("problem")
    remembered = kept | {"kind": kind, "files": [str(one.get("id")) for one in files]}
    remembered |= {"seen": digest(kind, values)} if sendable else {}
    return form(
        "preview",
        "This is what leaves" if sendable else "Not ready to leave",
        [
            headline(case),
            *_recipients(preview),
            *_problem(preview),
            blocks.rich(
                blocks.line(
                    blocks.said("Subject: ", bold=True), blocks.said(cut_line(preview.get("subject"), 300) or "none")
                )
            ),
            blocks.divider(),
            *in_full(str(preview.get("text") or "")),
            blocks.divider(),
            _names(files),
            blocks.context(*_consequences(case, kind, values)),
            fields.text_field(
                "text",
                "Change your words",
                initial=str(values.get("text") or ""),
                lines=True,
                optional=bool(values.get("template")),
                hint="After a change you see the new text first; nothing is sent unseen.",
            ),
        ],
        submit="Send to caller" if sendable else "Preview again",
        close="Do not send",
        notes=about(case, notes) | remembered,
    )


def digest(kind: str, values: Values) -> str:
    """What a preview showed, in short. The same again means: this text was seen by whoever presses the button."""
    shown = [kind, *(str(values.get(name) or "").strip() for name in ("text", "template"))]
    return hashlib.sha256(json.dumps(shown).encode()).hexdigest()[:32]


def _recipients(preview: Preview | None) -> Iterator[Block | None]:
    if preview is None:
        return
    to = [_recipient(one) for one in preview.get("to") or ()]
    who = "; ".join(to[:5]) + (f" and {len(to) - 5} more" if len(to) > 5 else "")  # noqa: PLR2004 - as many as are named
    yield blocks.rich(
        blocks.line(blocks.said("Goes to the caller: ", bold=True), blocks.said(who or "nobody (no address)"))
    )
    ignored = [cut_line(one, 80) for one in preview.get("cc_ignored") or ()]
    if ignored:
        more = f" and {len(ignored) - 5} more" if len(ignored) > 5 else ""  # noqa: PLR2004 - as many as are named
        yield blocks.context(
            f"Not sent to, although they had a copy of the caller's message: {', '.join(ignored[:5])}{more}"
        )


def _recipient(one: Mapping[str, Any]) -> str:
    name, address = cut_line(one.get("name"), 80), cut_line(one.get("address"), 80)
    if one.get("channel") == "slack":
        return f"{name or 'the caller'}, in the thread in Slack where they wrote"
    who = f"{name} ({address})" if name and address else name or address
    return f"{who} by {by_channel(one.get('channel'))}" if one.get("channel") else who


def _problem(preview: Preview) -> Iterator[Block | None]:
    problem = cut_line(preview.get("problem"), 500)
    if problem:
        yield blocks.rich(blocks.line(blocks.said("Cannot be sent like this: ", bold=True), blocks.said(problem)))


def _template(template: Template) -> Choice:
    languages = ", ".join(str(one) for one in template.get("languages") or ())
    subject = cut_line(template.get("subject"), 60)
    return Choice(
        str(template.get("name")), subject or str(template.get("name")), f"{template.get('name')} ({languages})"
    )


def _reads(preview: Preview | None, held: Values) -> Iterator[Block | None]:
    """How the chosen template reads for this caller."""
    if not preview or not held.get("template"):
        return
    yield from _problem(preview)
    text = safe_text.visible(str(preview.get("text") or "")).strip()
    if text:
        pointer = "({left} more characters: “Preview” shows all)"
        yield blocks.rich(
            blocks.line(blocks.said("With this template the caller reads:", bold=True)),
            blocks.quote(blocks.said(safe_text.cut(text, 2_000, pointer))),
        )


def _suggested(case: Case, suggestions: Sequence[Suggestion]) -> Iterator[Block | None]:
    """Resolutions that helped before, best first, each to be taken with one press and then read."""
    if not suggestions:
        return
    yield blocks.rich(blocks.line(blocks.said("What helped before", bold=True)))
    for one in suggestions[:SUGGESTIONS]:
        source = cut_line(one.get("label"), 60) or f"Template {cut_line(one.get('template'), 60)}:"
        passage = cut_line(one.get("passage") or one.get("text"), 300)
        named = {"label": cut_line(one.get("label"), 60), "template": cut_line(one.get("template"), 120)}
        carried = blocks.notes(case=case["number"], **named)
        text = f"{source} {cut_line(one.get('title'), 100)}\n{passage}"
        yield blocks.words(text, blocks.button("Use this", "form.suggestion", carried))


def _closed_with_it(case: Case) -> Iterator[Block | None]:
    tasks = open_tasks(case)
    if tasks:
        names = [f"• {described(task)}" for task in tasks[:8]]
        more = [f"• and {len(tasks) - 8} more"] if len(tasks) > 8 else []  # noqa: PLR2004 - as many as are named
        head = f"{counted(len(tasks), 'open task')} will be completed with the case:"
        yield blocks.words("\n".join([head, *names, *more]))


def _how(case: Case, held: Values, *, final: bool) -> Block | None:
    """A draft, or the final answer where the process has one."""
    choices = [Choice("draft", "Keep it as a draft", "Nothing is sent until somebody presses “Send the resolution”.")]
    if any(step.get("verb") == "answer-and-close" for step in case.get("allowed") or ()):
        choices.append(Choice("final", "This is the final answer", "The case is closed as soon as it has been sent."))
    ticked = held.get("options") or (["final"] if final else [])
    return fields.ticks_field("options", "How", choices, ticked=ticked)


def _names(files: Sequence[Mapping[str, Any]]) -> Block | None:
    names = ", ".join(cut_line(one.get("name") or one.get("id"), 80) for one in files)
    return blocks.context(f"Files that are sent along: {names}") if names else None


def _consequences(case: Case, kind: str, values: Values) -> list[str]:
    """What the button does besides sending."""
    if kind != "resolution":
        return ["The status of the case stays as it is."]
    tasks = len(open_tasks(case))
    lines = [f"{counted(tasks, 'open task')} will be completed."] if tasks else []
    if "final" in (values.get("options") or ()):
        return [*lines, "This is the final answer: the case is closed as soon as it has been sent."]
    return [*lines, "The case counts as resolved from now on."]

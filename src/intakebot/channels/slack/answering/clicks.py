"""What somebody did in the workspace, read out of the platform's payload: buttons, picks, submissions, shortcuts.

Called by whoever answers interactions, live or after a restart. Pure, and trusts nothing: a payload is written by
the platform, but the `value` of a button and the notes of a form are what we wrote there once, and may be stale,
cut or made up. So a case named in there is a hint, and what cannot be read counts as not said. `team` is the workspace
that this app is installed in: places are named by it, whoever acts.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intakebot.channels.slack.drawing.modals_frame import read_form
from intakebot.channels.slack.drawing.offers import case_of_row

Payload: TypeAlias = Mapping[str, Any]
_LARGEST = 2**63 - 1
_DIGITS = 19


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a conversation something was done; '' = nowhere (the Home tab, a form, a global shortcut).

    `ts` is the message that was acted on, `thread_ts` the thread that it lies in.
    """

    team: str = ""
    channel: str = ""
    ts: str = ""
    thread_ts: str = ""

    @property
    def name(self) -> str:
        """The place as this house writes it, `T1/C1`, or ''."""
        return f"{self.team}/{self.channel}" if self.channel else ""


NOWHERE = Place()


@dataclass(frozen=True, slots=True)
class Click:
    """Something that was pressed, picked, sent off, typed as a command, or chosen from a menu.

    `verb` is the action or callback id, `team` the workspace of the person who acted. `case` and `notes` come from
    the button's value or the form's notes, and are hints. `chosen` is what a menu, a select or a field was left with.
    `values` are the fields of the form (see `read_form`), `view` is the form itself. `trigger` opens one form, within
    three seconds.
    """

    verb: str
    team: str
    user: str
    chosen: str = ""
    notes: Payload = field(default_factory=dict)
    place: Place = NOWHERE
    trigger: str = ""
    response_url: str = field(default="", repr=False)
    payload: Payload = field(default_factory=dict, repr=False)

    @property
    def case(self) -> int | None:
        """The case that the click names, if it names one."""
        return case_number_in(self.notes.get("case"))

    @property
    def at(self) -> str:
        """When it was done, in the platform's own writing: later ones compare as greater."""
        return str(_action(self.payload).get("action_ts") or "")

    @property
    def view(self) -> Payload:
        """The form or the Home tab in which it was done; {} = in a message, or nowhere."""
        return mapping(self.payload.get("view"))

    @property
    def values(self) -> Mapping[str, Any]:
        """What the form was filled in with, by field."""
        return read_form(self.view)

    def said(self, name: str) -> str:
        """A field of the form as one text, without blanks around it; '' = left empty."""
        value = self.values.get(name)
        return value.strip() if isinstance(value, str) else ""


def clicked(payload: Payload, team: str) -> Click:
    """A `block_actions` payload. The first action counts: the platform sends one at a time.

    A menu's choice has no room for the case; the row that it stands in names it.
    """
    action = _action(payload)
    row = _notes_of_row(str(action.get("block_id") or ""))
    notes = _notes_of_view(payload) | row | notes_of(str(action.get("value") or ""))
    place = _place(payload, team) or place_in(notes)
    return _click(payload, team, str(action.get("action_id") or ""), chosen=_chosen(action), notes=notes, place=place)


def submitted(payload: Payload, team: str) -> Click:
    """A `view_submission` payload, or another that is about a form as a whole."""
    notes = _notes_of_view(payload)
    callback = str(mapping(payload.get("view")).get("callback_id") or "")
    return _click(payload, team, callback, notes=notes, place=place_in(notes))


def chosen_shortcut(payload: Payload, team: str) -> Click:
    """A global shortcut (`shortcut`) or one in a message's menu (`message_action`)."""
    channel = str(mapping(payload.get("channel")).get("id") or "")
    message = mapping(payload.get("message"))
    ts, thread = str(message.get("ts") or payload.get("message_ts") or ""), str(message.get("thread_ts") or "")
    place = Place(team, channel, ts, thread) if channel else NOWHERE
    return _click(payload, team, str(payload.get("callback_id") or ""), place=place)


def typed_command(payload: Payload, team: str) -> Click:
    """A slash command: `chosen` is everything after the command's name. Its fields are flat."""
    return Click(
        verb=str(payload.get("command") or ""),
        team=str(payload.get("team_id") or team),
        user=str(payload.get("user_id") or ""),
        chosen=str(payload.get("text") or "").strip(),
        place=Place(team, str(payload.get("channel_id") or "")),
        trigger=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        payload=payload,
    )


def suggested(payload: Payload, team: str) -> Click:
    """A `block_suggestion` payload: `chosen` is what was typed so far into a select whose options we know."""
    chosen = str(payload.get("value") or "")
    return _click(payload, team, str(payload.get("action_id") or ""), chosen=chosen, notes=_notes_of_view(payload))


def notes_of(text: str) -> dict[str, Any]:
    """The mapping that we wrote into a value or into a form's notes; {} for whatever is none."""
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def place_in(notes: Payload) -> Place:
    """The place that a form was opened from, as its notes say."""
    team, _, channel = str(notes.get("place") or "").partition("/")
    if not (team and channel):
        return NOWHERE
    return Place(team, channel, str(notes.get("ts") or ""), str(notes.get("thread") or ""))


def case_number_in(value: object) -> int | None:
    """The case number in what was written or typed (`1001`, `C-1001`); None for everything else."""
    return id_in(value.strip().upper().removeprefix("C-") if isinstance(value, str) else value)


def id_in(value: object) -> int | None:
    """An id of ours: a positive number of 64 bits, as number or digits; None for everything else."""
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    found = int(text) if text.isascii() and text.isdigit() and len(text) <= _DIGITS else 0
    return found if 0 < found <= _LARGEST else None


def mapping(value: object) -> dict[str, Any]:
    """`value` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def _click(
    payload: Payload, team: str, verb: str, *, chosen: str = "", notes: Payload | None = None, place: Place = NOWHERE
) -> Click:
    user = mapping(payload.get("user"))
    return Click(
        verb=verb,
        team=str(user.get("team_id") or mapping(payload.get("team")).get("id") or team),
        user=str(user.get("id") or ""),
        chosen=chosen,
        notes=notes or {},
        place=place,
        trigger=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        payload=payload,
    )


def _place(payload: Payload, team: str) -> Place | None:
    container = mapping(payload.get("container"))
    channel = str(container.get("channel_id") or mapping(payload.get("channel")).get("id") or "")
    if not channel:
        return None
    ts, thread = str(container.get("message_ts") or ""), str(container.get("thread_ts") or "")
    return Place(team, channel, ts, thread)


def _action(payload: Payload) -> dict[str, Any]:
    """What was pressed or picked."""
    actions = payload.get("actions")
    return mapping(actions[0]) if isinstance(actions, list) and actions else {}


def _chosen(action: Payload) -> str:
    option = mapping(action.get("selected_option"))
    return str(option.get("value") if option else action.get("value") or "")


def _notes_of_row(block_id: str) -> dict[str, Any]:
    """The case and the version that a row of buttons is of."""
    case = case_of_row(block_id)
    return {"case": case, "version": id_in(block_id.rpartition("/")[2])} if case else {}


def _notes_of_view(payload: Payload) -> dict[str, Any]:
    return notes_of(str(mapping(payload.get("view")).get("private_metadata") or ""))

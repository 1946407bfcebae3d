"""What somebody did in the workspace, read out of the platform's payload: buttons, picks, submissions, shortcuts.

Called by whoever answers interactions, live or after a restart. Pure, and trusts nothing: a payload is written by
the platform, but the `value` of a button and the notes of a modal are what we wrote there once, and may be stale,
cut or made up. So a case named in there is a hint, and what cannot be read counts as not said.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from intakebot.channels.slack.offers import case_of_row

Payload: TypeAlias = Mapping[str, Any]
NUMBER_LIMIT = 2**53
"""Numbers from outside beyond this are no ids of ours: JSON does not even carry them whole."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a conversation something was done; '' = nowhere (the App Home, a modal, a global shortcut).

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


@dataclass(frozen=True, slots=True)
class Click:
    """Something that was pressed, picked, sent off, typed as a command, or chosen from a menu.

    `verb` is the action or callback id; `case` and `notes` come from the button's value or the modal's notes, and
    are hints. `chosen` is the value that a menu, a select or a field was left with. `fields` are the fields of the
    modal or message by block id. `trigger` opens one modal, within three seconds.
    """

    verb: str
    team: str
    user: str
    case: int | None = None
    chosen: str = ""
    notes: Payload = field(default_factory=dict)
    place: Place = field(default_factory=Place)
    trigger: str = ""
    response_url: str = ""
    fields: Payload = field(default_factory=dict)
    view: Payload = field(default_factory=dict)
    payload: Payload = field(default_factory=dict, repr=False)

    def said(self, name: str) -> str:
        """What a field of the modal holds as one text: typed words, or the value that was picked; '' = nothing."""
        return one_value(_entry(self.fields.get(name)))

    def ticked(self, name: str) -> tuple[str, ...]:
        """What was ticked in a field with several choices."""
        chosen = _entry(self.fields.get(name)).get("selected_options") or []
        return tuple(str(option.get("value", "")) for option in chosen)

    def files(self, name: str) -> tuple[Payload, ...]:
        """The platform's records of files that were added to a field."""
        return tuple(_entry(self.fields.get(name)).get("files") or ())


def clicked(payload: Payload) -> Click:
    """A `block_actions` payload. The first action counts: the platform sends one at a time.

    A menu's choice has no room for the case; the row that it stands in names it.
    """
    action = mapping((payload.get("actions") or [{}])[0])
    chosen = one_value(action)
    value = notes_of(str(action.get("value") or "")) or notes_of(chosen)
    view = mapping(payload.get("view"))
    row = case_of_row(str(action.get("block_id") or ""))
    notes = notes_of(str(view.get("private_metadata") or "")) | ({"case": row} if row else {}) | value
    return _click(
        payload,
        str(action.get("action_id") or ""),
        chosen=chosen,
        notes=notes,
        place=_place(payload) or place_in(notes) or Place(),
        fields=_fields(view or payload),
    )


def submitted(payload: Payload) -> Click:
    """A `view_submission` payload (and a `view_closed` one)."""
    view = mapping(payload.get("view"))
    notes = notes_of(str(view.get("private_metadata") or ""))
    callback = str(view.get("callback_id") or "")
    return _click(payload, callback, notes=notes, place=place_in(notes) or Place(), fields=_fields(view))


def chosen_shortcut(payload: Payload) -> Click:
    """A global shortcut (`shortcut`) or one in a message's menu (`message_action`)."""
    channel = str(mapping(payload.get("channel")).get("id") or "")
    message = mapping(payload.get("message"))
    ts, thread = str(message.get("ts") or payload.get("message_ts") or ""), str(message.get("thread_ts") or "")
    place = Place(_team(payload), channel, ts, thread) if channel else Place()
    return _click(payload, str(payload.get("callback_id") or ""), place=place)


def typed_command(payload: Payload) -> Click:
    """A slash command: `chosen` is everything after the command's name."""
    team, user = str(payload.get("team_id") or ""), str(payload.get("user_id") or "")
    place = Place(team, str(payload.get("channel_id") or ""))
    return Click(
        verb=str(payload.get("command") or ""),
        team=team,
        user=user,
        chosen=str(payload.get("text") or "").strip(),
        place=place,
        trigger=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        payload=payload,
    )


def suggested(payload: Payload) -> Click:
    """A `block_suggestion` payload: `chosen` is what was typed so far into a select whose options we know."""
    notes = notes_of(str(mapping(payload.get("view")).get("private_metadata") or ""))
    return _click(payload, str(payload.get("action_id") or ""), chosen=str(payload.get("value") or ""), notes=notes)


def notes_of(text: str) -> dict[str, Any]:
    """The mapping that we wrote into a value or into a modal's notes; {} for whatever is none."""
    try:
        found = json.loads(text) if text.startswith("{") else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def place_in(notes: Payload) -> Place | None:
    """The place that a form was opened from, as its notes say; None for none."""
    team, _, channel = str(notes.get("place") or "").partition("/")
    return Place(team, channel, str(notes.get("ts") or "")) if team and channel else None


def number(value: object) -> int | None:
    """A number of ours out of a hint: a whole one, as number or digits; None for everything else."""
    text = str(value) if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    digits = text.strip().upper().removeprefix("C-")
    found = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 20 else 0
    return found if 0 < found < NUMBER_LIMIT else None


def long_number(value: object) -> int | None:
    """An id of ours (a task's, a delivery's): 64 bits, written as digits."""
    text = str(value).strip() if isinstance(value, (int, str)) and not isinstance(value, bool) else ""
    found = int(text) if text.isascii() and text.isdigit() and len(text) < 20 else 0
    return found if 0 < found < 2**63 else None


def one_value(entry: Payload) -> str:
    """What an element holds, whatever kind it is."""
    option = mapping(entry.get("selected_option"))
    if option:
        return str(option.get("value") or "")
    for name in ("value", "selected_user", "selected_conversation", "selected_time", "selected_date"):
        if entry.get(name) is not None:
            return str(entry[name])
    return ""


def mapping(value: object) -> dict[str, Any]:
    """`value` if it is a mapping, else an empty one."""
    return value if isinstance(value, dict) else {}


def _click(payload: Payload, verb: str, **more: Any) -> Click:  # noqa: ANN401 - the fields of Click
    notes = more.get("notes") or {}
    user = mapping(payload.get("user"))
    return Click(
        verb=verb,
        team=str(user.get("team_id") or _team(payload)),
        user=str(user.get("id") or ""),
        case=number(notes.get("case")),
        trigger=str(payload.get("trigger_id") or ""),
        response_url=str(payload.get("response_url") or ""),
        view=mapping(payload.get("view")),
        payload=payload,
        **more,
    )


def _team(payload: Payload) -> str:
    """The workspace in which it was done."""
    return str(mapping(payload.get("team")).get("id") or mapping(payload.get("user")).get("team_id") or "")


def _place(payload: Payload) -> Place | None:
    container = mapping(payload.get("container"))
    channel = str(container.get("channel_id") or mapping(payload.get("channel")).get("id") or "")
    if not channel:
        return None
    return Place(
        _team(payload), channel, str(container.get("message_ts") or ""), str(container.get("thread_ts") or "")
    )


def _fields(holder: Payload) -> dict[str, Any]:
    return mapping(mapping(holder.get("state")).get("values"))


def _entry(block: object) -> dict[str, Any]:
    """The one element of a block of fields."""
    return next((mapping(entry) for entry in mapping(block).values()), {})

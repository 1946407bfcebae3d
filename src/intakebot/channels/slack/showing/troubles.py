"""What a refusal of the platform means for whoever wanted to show or send something, and for how long. Pure.

Slack's codes are many and its families few: each family has one answer, and a code that nobody here knows waits and
is looked at by a person. Nothing is tried again without end, and nothing is tried again at once.
"""

from __future__ import annotations

from datetime import timedelta
from enum import Enum
from types import MappingProxyType
from typing import Final

from intakebot.domain.errors import SlackRefusedError


class Trouble(Enum):
    """`PLACE`: the conversation cannot be written in now. `MESSAGE`: the message is gone.

    `THREAD`: the message whose thread it is, is gone. `FORM`: what we wrote is not taken, however often.
    `PERSON`: nobody can be written to there. `ODD`: the rest.
    """

    PLACE = "place"
    MESSAGE = "message"
    THREAD = "thread"
    FORM = "form"
    PERSON = "person"
    ODD = "odd"


SHARED_OUTSIDE: Final = "shared_outside"
"""Our own code for a channel that people of another company read."""
_CODES: Final = {
    Trouble.PLACE: (
        SHARED_OUTSIDE,
        "channel_not_found", "not_in_channel", "is_archived", "restricted_action",
        "restricted_action_read_only_channel",
        "restricted_action_thread_only_channel", "restricted_action_non_threadable_channel", "is_inactive",
        "method_not_supported_for_channel_type", "posting_to_channel_denied", "missing_scope", "no_permission",
        "channel_type_not_supported", "file_uploads_disabled",
    ),
    Trouble.MESSAGE: ("message_not_found", "cant_update_message", "edit_window_closed"),
    Trouble.THREAD: ("thread_not_found", "invalid_thread_ts", "cannot_reply_to_message", "thread_locked"),
    Trouble.FORM: (
        "invalid_blocks", "invalid_blocks_format", "invalid_arguments", "msg_too_long", "msg_blocks_too_long",
        "no_text",
        "too_many_attachments", "invalid_metadata_format", "invalid_metadata_schema", "metadata_too_large",
        "metadata_must_be_sent_from_app", "attachment_payload_limit_exceeded", "markdown_text_conflict",
    ),
    Trouble.PERSON: (
        "user_not_found", "users_not_found", "user_not_visible", "user_disabled", "cannot_dm_bot",
        "messages_tab_disabled", "cannot_message_user",
    ),
}  # fmt: skip
_FAMILY: Final = MappingProxyType({code: trouble for trouble, codes in _CODES.items() for code in codes})
_STEPS: Final = tuple(timedelta(seconds=seconds) for seconds in (2, 10, 30, 120, 600))
_LONG: Final = tuple(timedelta(minutes=minutes) for minutes in (5, 15, 30, 60))


def trouble_of(refusal: SlackRefusedError) -> Trouble:
    """The family of a refusal."""
    return _FAMILY.get(refusal.error, Trouble.ODD)


def soon(times: int) -> timedelta:
    """How long to wait after so many failures of what may work any moment: 2 s to 10 minutes."""
    return _STEPS[min(max(times, 1), len(_STEPS)) - 1]


def late(times: int) -> timedelta:
    """How long to wait after so many failures of what a person has to put right: 5 minutes to an hour."""
    return _LONG[min(max(times, 1), len(_LONG)) - 1]

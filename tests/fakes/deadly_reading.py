"""Reading that some messages are deadly for: the subject says what happens to the process that reads it."""

from __future__ import annotations

import os
import signal

from intakebot.domain.contact import PendingContact
from intakebot.domain.messages import ReadMessage
from intakebot.readers import Reading

READING = Reading(frozenset(), ("en",))


def read_or_die(contact: PendingContact) -> ReadMessage:
    """What the contact says, unless its subject is `die` (the process is gone) or `hang` (it never answers)."""
    message = READING.read(contact)
    if message.subject == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    if message.subject == "hang":
        signal.pause()
    return message

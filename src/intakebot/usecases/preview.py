"""Previews: exactly what would leave for a caller if it were sent now. Nothing is owed and nothing is written.

The words come from `replies.written_reply`, which owing uses too, so that a preview cannot differ from what leaves.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from intakebot.domain.delivery import DeliveryKind
from intakebot.domain.errors import IntakebotError, RefusedError
from intakebot.domain.lifecycle import refuse_if_final
from intakebot.ports import Archive, CaseFile
from intakebot.usecases.house import House
from intakebot.usecases.replies import Correspondent, WrittenReply, written_reply
from intakebot.usecases.resolve import RESOLUTION_TEMPLATE, correspondent, no_address

KINDS = (DeliveryKind.QUESTION.value, DeliveryKind.RESOLUTION.value)


def reply_preview(
    house: House, archive: Archive, number: int, kind: str, text: str = "", template: str = ""
) -> dict[str, Any]:
    """Who would get what. `problem` says why it would be refused ('' = it would not).

    Raises RefusedError for an unknown kind, NotFoundError for an unknown case.
    """
    if kind not in KINDS:
        raise RefusedError("preview.kind", f"there is no preview of {kind!r}; known: {', '.join(KINDS)}")
    file = archive.case_file(number)
    to, problem = correspondent(file), ""
    written = WrittenReply("", "", "", "")
    try:
        refuse_if_final(file.case)
        if to is None:
            raise no_address(file.case)
        name = "question" if kind == DeliveryKind.QUESTION.value else template or RESOLUTION_TEMPLATE
        written = as_read(house, file, name, text)
    except IntakebotError as refusal:
        problem = refusal.sentence
    return {
        "to": [{"name": to.name, "address": to.address, "channel": to.channel}] if to else [],
        "cc_ignored": _copied_in(archive.decisions(number)),
        "subject": written.subject,
        "text": written.text,
        "language": written.language,
        "problem": problem,
    }


def as_read(house: House, file: CaseFile, template: str, text: str = "") -> WrittenReply:
    """A template as this case's caller would read it; raises TemplateError. Without an address: as in a chat."""
    to = correspondent(file) or _nowhere(file)
    values = {"question": {"text": text}, "resolution": {"text": text}}
    return written_reply(house, file.case, to, template, values)


def _nowhere(file: CaseFile) -> Correspondent:
    name, language = (file.caller.name, file.caller.language) if file.caller else ("", "")
    return Correspondent("", name, language, file.case.channel)


def _copied_in(decisions: Sequence[dict[str, Any]]) -> list[str]:
    """Who had a copy of the caller's last message: shown to the agent, never answered."""
    copies = (decision["trace"].get("cc") for decision in reversed(decisions) if decision["trace"])
    return [str(address) for address in next(filter(None, copies), ())]

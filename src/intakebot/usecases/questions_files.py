"""Files that came with contacts, as JSON-like data. Called by `questions`; their bytes stay in the raw message."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.ports import Archive
from intakebot.usecases.house import House


def attachments(house: House, archive: Archive, case: int = 0, contact: int = 0) -> list[dict[str, Any]]:
    """The files of a case (by number) or of a contact (by id), in the order in which they came.

    Raises NotFoundError for a case or contact that there is not.
    """
    if case:
        archive.case_alone(case)
        return [shown_file(house, file) for file in archive.files_of(case)]
    return [shown_file(house, file) for file in archive.contact(contact)["files"]]


def attachment(house: House, archive: Archive, id: int) -> dict[str, Any]:  # noqa: A002 - the question's own word
    """One file, with the channel that it came by; raises NotFoundError."""
    return shown_file(house, archive.file(id))


def shown_file(house: House, file: Mapping[str, Any]) -> dict[str, Any]:
    """The file, and whether it is kept back in this house."""
    return dict(file) | {"withheld": house.files.withholds(file["flags"])}

"""Outgoing files: what an agent sends along with an answer, checked and named before anything is owed."""

from __future__ import annotations

import hashlib
import re

from intakebot.domain.commands import OutgoingFile
from intakebot.domain.delivery import DeliveredFile
from intakebot.domain.errors import RefusedError
from intakebot.reading.file_names import safe_name

MOST_FILES = 10
MOST_BYTES = 20 * 2**20
"""Bytes of all files of one answer; what most mail systems take once it is encoded."""
UNKNOWN_TYPE = "application/octet-stream"
_MEDIA_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,62}/[a-z0-9][a-z0-9!#$&^_.+-]{0,62}")


def delivered_files(files: tuple[OutgoingFile, ...]) -> tuple[DeliveredFile, ...]:
    """The files as a delivery carries them; raises RefusedError when they are too many or too large."""
    if len(files) > MOST_FILES:
        raise RefusedError("files.too-many", f"an answer carries at most {MOST_FILES} files; these are {len(files)}")
    size = sum(len(file.content) for file in files)
    if size > MOST_BYTES:
        raise RefusedError(
            "files.too-large", f"the files have {size:,} bytes; an answer carries at most {MOST_BYTES:,}"
        )
    return tuple(_delivered(file) for file in files)


def _delivered(file: OutgoingFile) -> DeliveredFile:
    written = file.media_type.strip().lower()
    media_type = written if _MEDIA_TYPE.fullmatch(written) else UNKNOWN_TYPE
    digest = hashlib.sha256(file.content).hexdigest()
    return DeliveredFile(safe_name(file.name, media_type), media_type, digest, len(file.content), file.content)

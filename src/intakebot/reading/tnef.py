"""Take apart what Outlook packs into `winmail.dat` (TNEF, MS-OXTNEF), in a process of its own.

Called by `content`. The format makes readers loop and grow; the child has limits (see `tnef_child`), and whatever
becomes of it here only makes a defect. It is a plain subprocess: our own process may itself be a daemon, which
may not have children of the multiprocessing kind.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from typing import Final

MAX_TNEF: Final = 10_000_000  # bytes
SIGNATURE: Final = b"\x78\x9f\x3e\x22"
_PATIENCE: Final = 20  # seconds; the child's own limit is one of processor time
_CHILD: Final = "intakebot.reading.tnef_child"
_KEPT_VARIABLES: Final = ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", "SYSTEMROOT", "TEMP")
_TYPES: Final = frozenset({"application/ms-tnef", "application/vnd.ms-tnef"})


@dataclass(frozen=True, slots=True)
class PackedFile:
    """One attachment of a TNEF file; names are as the sender gave them, not yet safe."""

    name: str
    media_type: str
    content_id: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Unpacked:
    """What a TNEF file holds: the text that the sender wrote, as text and as HTML ('' where absent), and files."""

    text: str
    html: str
    files: tuple[PackedFile, ...]


def is_tnef(media_type: str, name: str, content: bytes) -> bool:
    """Tell whether a part is a TNEF file: it says so, and it begins so."""
    return content.startswith(SIGNATURE) and (media_type in _TYPES or name.lower().endswith(".dat"))


def _environment() -> dict[str, str]:
    """What an interpreter needs to find the same packages, and none of our secrets."""
    kept = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    return kept | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


def unpack(content: bytes) -> Unpacked:
    """Return what the file holds.

    Raises ValueError when it is too large or cannot be read, OSError or subprocess.SubprocessError when the child
    cannot be had or does not answer in time: the caller attempts this.
    """
    if len(content) > MAX_TNEF:
        raise ValueError("too large")
    ended = subprocess.run(  # noqa: S603 - our own interpreter and module; what the sender wrote is only its input
        [sys.executable, "-m", _CHILD],
        input=content,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        timeout=_PATIENCE,
        check=True,
        env=_environment(),
    )
    head, _, rest = ended.stdout.partition(b"\n")
    found = json.loads(head)
    files, at = [], 0
    for name, media_type, content_id, size in found["files"]:
        files.append(PackedFile(name, media_type, content_id, rest[at : at + size]))
        at += size
    return Unpacked(found["text"], found["html"], tuple(files))

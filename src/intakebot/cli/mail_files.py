"""Old mail on disk: Maildirs, mbox files, folders of .eml files and single files, read one mail at a time.

Called by `import_mail`. At most one mail is held; a file that cannot be read becomes a `Found` with its problem, and
never stops the others. Symbolic links to folders are not followed, so nothing goes round in circles.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO, Final

MAIL_LIMIT: Final = 50 << 20
"""Bytes of one mail, as many as doors take; a larger one is reported."""
_CHUNK: Final = 65_536
_HEAD: Final = 4_096
_SEPARATOR: Final = re.compile(rb"From .*\d\d:\d\d")
"""The line between the mails of an mbox has a time of day; a sentence that begins with From seldom has."""
_QUOTED_FROM: Final = re.compile(rb">+From ")
_A_FIELD: Final = re.compile(rb"\s*(?:>?From [^\n]*\n)?[!-9;-~]+[ \t]*:")


@dataclass(frozen=True, slots=True)
class Found:
    """A mail and where it was, or why there is none; `size` are the bytes of disk that this step has read."""

    place: str
    size: int
    content: bytes = field(default=b"", repr=False)
    problem: str = ""


def files_below(paths: Sequence[Path]) -> Iterator[Path]:
    """The files that may hold mail, in order: of a Maildir by time of delivery, of other folders by name."""
    for path in paths:
        if path.is_dir():
            yield from _of_folder(path)
        else:
            yield path


def size_of(path: Path) -> int:
    """Bytes; 0 when nobody can tell."""
    try:
        return path.stat().st_size
    except OSError:
        return 0


def mails_in(path: Path) -> Iterator[Found]:
    """The mails of a file, or what is wrong with it."""
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            yield Found(str(path), 0, problem="is a folder that cannot be listed" if path.is_dir() else "is no file")
            return
        with path.open("rb") as file:
            if file.peek(5)[:5] == b"From ":
                yield from _of_mbox(str(path), file)
            else:
                yield _alone(str(path), file)
    except OSError as error:
        yield Found(str(path), 0, problem=f"cannot be read: {error.strerror or error}")


def _of_folder(folder: Path) -> Iterator[Path]:
    """A folder's own mail first, then that of the folders in it; what cannot be listed is reported as a file is."""
    entries = _listed(folder)
    if entries is None:
        yield folder
        return
    is_maildir = {"cur", "new"} <= {entry.name for entry in entries if entry.is_dir()}
    if is_maildir:
        both = [*(_listed(folder / "cur") or ()), *(_listed(folder / "new") or ())]
        yield from (Path(entry) for entry in sorted(both, key=lambda entry: entry.name) if not entry.is_dir())
    else:
        yield from (path for path in map(Path, entries) if not path.is_dir() and _may_be_mail(path))
    for entry in entries:
        if entry.is_dir(follow_symlinks=False) and not (is_maildir and entry.name in ("cur", "new", "tmp")):
            yield from _of_folder(Path(entry))


def _listed(folder: Path) -> list[os.DirEntry[str]] | None:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return None


def _may_be_mail(path: Path) -> bool:
    """By its name, or because it begins as an mbox does: mail programs keep those without a suffix."""
    if path.suffix.lower() in (".eml", ".mbox", ".mbx", ".mail"):
        return True
    try:
        with path.open("rb") as file:
            return stat.S_ISREG(os.fstat(file.fileno()).st_mode) and file.read(5) == b"From "
    except OSError:
        return False


def _alone(place: str, file: BinaryIO) -> Found:
    content = file.read(MAIL_LIMIT + 1)
    return _found(place, content, max(len(content), os.fstat(file.fileno()).st_size))


def _found(place: str, content: bytes, size: int) -> Found:
    if size > MAIL_LIMIT:
        return Found(place, size, problem=f"is larger than {MAIL_LIMIT >> 20} MB")
    if not content.strip():
        return Found(place, size, problem="is empty")
    if not _A_FIELD.match(content.removeprefix(b"\xef\xbb\xbf")[:_HEAD]):
        return Found(place, size, problem="does not begin as a mail does, with a header field")
    return Found(place, size, content)


def _of_mbox(place: str, file: BinaryIO) -> Iterator[Found]:
    """The mails of an mbox, one at a time; `>From ` in a mail loses the mark that the mbox put there (RFC 4155)."""
    number, mail = 0, _Mail()
    begins, after_blank = True, True
    while line := file.readline(_CHUNK):
        if begins and after_blank and (not number or _SEPARATOR.match(line)):
            if number:
                yield mail.found(f"{place}, mail {number}")
            number, mail = number + 1, _Mail(size=len(line))
        else:
            mail.add(line[1:] if begins and _QUOTED_FROM.match(line) else line, len(line))
        after_blank = begins and not line.strip(b"\r\n")
        begins = line.endswith(b"\n")
    yield mail.found(f"{place}, mail {number}")


@dataclass
class _Mail:
    """A mail of an mbox as it grows; beyond the limit its bytes are counted and let go."""

    size: int = 0
    lines: list[bytes] = field(default_factory=list)

    def add(self, line: bytes, size: int) -> None:
        self.size += size
        if self.size > MAIL_LIMIT:
            self.lines.clear()
        else:
            self.lines.append(line)

    def found(self, place: str) -> Found:
        """Without the blank line that the mbox puts behind each mail."""
        content = b"".join(self.lines)
        for blank in (b"\r\n", b"\n"):
            if content.endswith(blank + blank):
                content = content.removesuffix(blank)
                break
        return _found(place, content, self.size)

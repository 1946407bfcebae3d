"""What is read at the start only, by content, so that whoever reloads rules can say what else has changed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from pathlib import Path

_READ_AT_THE_START = ("workflows/*.yaml", "agreements/*.yaml")


def start_files(main_file: Path, templates: Path) -> Mapping[str, str]:
    """What is read at the start only, each file with the SHA-256 (hex) of its content ('' = cannot be read)."""
    folder = main_file.parent
    found = {main_file.name: main_file}
    for pattern in _READ_AT_THE_START:
        found |= _named(folder.glob(pattern), folder)
    found |= {f"templates/{name}": path for name, path in _named(templates.rglob("*"), templates).items()}
    return {name: _sha256(path) for name, path in sorted(found.items())}


def _named(paths: Iterable[Path], below: Path) -> dict[str, Path]:
    return {str(path.relative_to(below)): path for path in paths if path.is_file()}


def _sha256(path: Path) -> str:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError:
        return ""

"""What the crash tests need of the machine."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def strace(tmp_path: Path) -> Path:
    """Where a trace of system calls goes; its tests are a tier of their own (see tests/conftest.py)."""
    return tmp_path / "calls"

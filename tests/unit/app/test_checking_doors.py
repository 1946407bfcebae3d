"""A door that is to check senders says which extra it needs, where that is missing."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).parents[3] / "src"
PROGRAM = """
import sys
sys.modules["spf"] = None  # as if the package were not installed
from intakebot.app.doors import checking
from intakebot.config.smtp_file import SmtpSettings
from intakebot.domain.errors import ConfigError
try:
    checking(None, SmtpSettings("mx", "127.0.0.1", 0, False, None, None, None, (), (), None, check_senders=True), None)
except ConfigError as error:
    print(error)
"""


def test_a_missing_extra_is_named() -> None:
    environment = os.environ | {"PYTHONPATH": str(SOURCE)}
    done = subprocess.run([sys.executable, "-c", PROGRAM], env=environment, capture_output=True, text=True, check=True)
    assert "channels.mx: check_senders needs the extra `auth` (pip install intakebot[auth])" in done.stdout

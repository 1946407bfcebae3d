"""What a start would say of extras and keys, said before."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from intakebot.app.checks import check_configuration
from intakebot.domain.errors import ConfigError

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


def test_a_key_that_signs_nothing_is_told_by_the_check_of_the_configuration(tmp_path: Path) -> None:
    for folder in ("config", "templates"):
        shutil.copytree(SOURCE.parent / folder, tmp_path / folder)
    (tmp_path / "config" / "desk.pem").write_text("no key", "utf-8")
    file = tmp_path / "config" / "intakebot.yaml"
    relay = "relay: {host: 127.0.0.1, dkim: {intakebot.example: {selector: desk, key: desk.pem}}}\n"
    file.write_text(file.read_text("utf-8") + relay, "utf-8")
    with pytest.raises(ConfigError, match=r"relay\.dkim\.intakebot\.example: no mail can be signed with this"):
        check_configuration(tmp_path / "config")

"""The service's log: one line per record, on standard error, whatever strangers put into their mail."""

from __future__ import annotations

import logging
import re

LONGEST = 2000
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")
_STRANGERS_WORDS = "mail.log"
"""The SMTP library's own logger; below ERROR it repeats what strangers typed."""


class OneLine(logging.Formatter):
    """Escapes controls in the message and cuts it; tracebacks, which are ours, keep their lines."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the library's name
        """The line of a record."""
        record.message = _CONTROLS.sub(lambda found: f"\\x{ord(found[0]):02x}", record.message)[:LONGEST]
        return super().formatMessage(record)


def log_to_standard_error(level: str) -> None:
    """Set up logging for a service; `level` is debug, info, warning or error."""
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    logging.getLogger(_STRANGERS_WORDS).setLevel(logging.ERROR)

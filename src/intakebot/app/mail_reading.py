"""Mails read by the command's own process, as registration reads them: for `intakebot read`. Nothing is kept."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from intakebot.config.settings import load_organisation
from intakebot.domain.messages import ReadMessage
from intakebot.reading.message import read_message


def mail_reader(settings: Path | None) -> Callable[[bytes], ReadMessage]:
    """Read by the domains and languages of the house that `settings` describe; without them, of no house.

    Raises ConfigError for settings that cannot be used.
    """
    if settings is None:
        return read_message
    organisation = load_organisation(settings)
    return partial(read_message, own_domains=organisation.own_domains, languages=organisation.languages)

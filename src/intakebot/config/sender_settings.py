"""Reads who is believed about senders: the `trusted_authserv_ids` of each door of `intakebot.yaml`.

Called by `settings`. A door that checks senders itself trusts itself only.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from intakebot.config.channel_settings import ChannelSettings
    from intakebot.config.reader import Section
    from intakebot.config.smtp_file import SmtpSettings

_SERVER = re.compile(r"[A-Za-z0-9._-]{1,253}")


def read_trusted_servers(
    section: Section, channels: Iterable[ChannelSettings], smtp: Iterable[SmtpSettings], host_name: str
) -> Mapping[str, frozenset[str]]:
    """By door the authserv-ids (RFC 8601 section 2.5, lower case) that are believed there."""
    checking = {door.name for door in smtp if door.check_senders}
    doors = {channel.name for channel in channels}
    found = {name: frozenset({host_name.lower()}) for name in checking}
    with section:
        for name in section.names():
            place = section.place_of(name)
            servers = section.texts(name)
            for server in servers:
                if not _SERVER.fullmatch(server):
                    section.report(place, f"{name}: {server!r} is no name of a server like mx.example.org")
            if name not in doors:
                section.report(place, f"there is no channel {name!r}; known: {', '.join(sorted(doors)) or 'none'}")
            elif name in checking:
                section.report(place, f"the channel {name!r} checks senders itself: nobody else is believed there")
            else:
                found[name] = frozenset(server.lower() for server in servers)
    return found

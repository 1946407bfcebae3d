"""The doors of the house: what every configured channel opens, ways in and ways out. Called by `service`.

A further kind of channel is a function here, beside its module in `channels` and its settings in `config`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Protocol

from intakebot.app.house import OpenHouse
from intakebot.app.slack import slack_channel
from intakebot.channels.control import ControlInlet, control_socket
from intakebot.channels.maildir import MaildirOutlet
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.channels.slack.channel import SlackChannel
from intakebot.channels.smtp import SmtpInlet
from intakebot.channels.smtp_settings import DoorTls, SmtpSettings
from intakebot.config.smtp_file import SmtpSettings as SmtpDoor
from intakebot.domain.errors import DoorUnavailableError
from intakebot.ports import Desk, Inlet, Outlet
from intakebot.usecases.watch import Alarm


class Door(Inlet, Protocol):
    """A way in; `listening` is set once it takes what comes."""

    listening: asyncio.Event


@dataclass(frozen=True, slots=True)
class Doors:
    """All doors, not yet open. `smtp` and `slack` are those of `inlets`, in the order of the configuration."""

    smtp: tuple[SmtpInlet, ...]
    slack: tuple[SlackChannel, ...]
    inlets: tuple[Door, ...]
    outlets: Mapping[str, Outlet] = field(default_factory=dict)

    async def close(self) -> None:
        """Let go of every connection, once nothing is to leave any more."""
        for outlet in self.outlets.values():
            await outlet.close()
        for channel in self.slack:
            await channel.close()


def doors_of(opened: OpenHouse, desk: Desk) -> Doors:
    """What the configuration says, and the control socket."""
    smtp = tuple(smtp_inlet(opened, settings) for settings in opened.settings.smtp)
    slack = tuple(slack_channel(opened, settings, desk) for settings in opened.settings.slack)
    control = ControlInlet(control_socket(opened.data), desk)
    opened.sirens.extend(partial(_alarms_of, door) for door in smtp)
    opened.sirens.extend(partial(_alarms_of, channel) for channel in slack)
    opened.criers.extend(channel.tell_operators for channel in slack)
    opened.wake.listeners += [channel.stirred for channel in slack]
    return Doors(smtp, slack, (*smtp, *slack, control), _outlets(opened, slack))


def _outlets(opened: OpenHouse, slack: Iterable[SlackChannel]) -> Mapping[str, Outlet]:
    """The ways out; in shadow mode the house has none, so that no mistake elsewhere can send anything."""
    if opened.settings.service.shadow:
        return {}
    return {"email": _mail_outlet(opened)} | {channel.outlet.channel: channel.outlet for channel in slack}


def _alarms_of(channel: SmtpInlet | SlackChannel) -> list[Alarm]:
    return [Alarm(one.what, one.sentence, one.which) for one in channel.alarms()]


def smtp_inlet(opened: OpenHouse, settings: SmtpDoor) -> SmtpInlet:
    """The door that the settings describe, not yet open."""
    chosen = SmtpSettings(
        settings.host,
        settings.port,
        opened.settings.service.host_name,
        settings.lmtp,
        settings.certificate,
        settings.key,
        DoorTls(settings.tls.value),
        settings.proxy_networks,
        settings.trusted_networks,
        free_share=partial(_free_share, opened.data),
        **asdict(settings.limits),
    )
    try:
        return SmtpInlet(settings.name, chosen)
    except OSError as error:
        raise DoorUnavailableError(f"the door {settings.name} cannot use its certificate: {error}") from error


def _free_share(directory: Path) -> float:
    """How much of the disk below is free for us, from 0 to 1, as `df` counts it."""
    found = os.statvfs(directory)
    used = found.f_blocks - found.f_bfree
    return found.f_bavail / max(1, used + found.f_bavail)


def _mail_outlet(opened: OpenHouse) -> Outlet:
    relay = opened.settings.relay
    if relay is None:
        return MaildirOutlet(opened.data / "outbox")
    chosen = RelaySettings(
        relay.host,
        relay.port,
        opened.settings.service.host_name,
        Tls(relay.tls.value),
        relay.username,
        relay.password.value,
    )
    return RelayOutlet(chosen)

"""The doors of the house: what every configured channel opens, ways in and ways out. Called by `service`.

A further kind of channel is a function here, beside its module in `channels` and its settings in `config`.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from intakebot.app.house import OpenHouse
from intakebot.app.mailboxes import imap_inlets
from intakebot.app.slack import slack_channel
from intakebot.channels.checked_door import CheckedInlet
from intakebot.channels.control import ControlInlet, control_socket
from intakebot.channels.imap.inlet import ImapInlet
from intakebot.channels.maildir import MaildirOutlet
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.channels.signing import DkimSigner, signing_key
from intakebot.channels.slack.channel import SlackChannel
from intakebot.channels.smtp import SmtpInlet
from intakebot.channels.smtp_settings import DoorTls, SmtpSettings
from intakebot.clocks import SystemClock
from intakebot.config.channel_settings import RelaySettings as RelayHop
from intakebot.config.settings import MAIN_FILE, Settings
from intakebot.config.smtp_file import SmtpSettings as SmtpDoor
from intakebot.domain.errors import ConfigError, DoorUnavailableError, Problem
from intakebot.ports import Desk, Inlet, Outlet
from intakebot.usecases.watch import Alarm

if TYPE_CHECKING:
    from intakebot.channels.sender_checks import SenderChecks


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
    mailboxes = imap_inlets(opened)
    slack = tuple(slack_channel(opened, settings, desk) for settings in opened.settings.slack)
    control = ControlInlet(control_socket(opened.data), desk)
    opened.sirens.extend(partial(_alarms_of, door) for door in smtp)
    opened.sirens.extend(partial(_alarms_of, channel) for channel in slack)
    opened.sirens.extend(partial(_mailbox_alarms, inlet) for inlet in mailboxes)
    opened.criers.extend(channel.tell_operators for channel in slack)
    opened.wake.listeners += [channel.stirred for channel in slack]
    mail = [checking(opened, door, inlet) for door, inlet in zip(opened.settings.smtp, smtp, strict=True)]
    return Doors(smtp, slack, (*mail, *mailboxes, *slack, control), _outlets(opened, slack))


def checking(opened: OpenHouse, settings: SmtpDoor, inlet: SmtpInlet) -> Door:
    """The door, which checks senders where the settings say so; raises ConfigError without the packages for it."""
    if not settings.check_senders:
        return inlet
    checks = _sender_checks(settings)
    relays = settings.trusted_networks
    return CheckedInlet(
        inlet, inlet.listening, checks(opened.settings.service.host_name, SystemClock().now, relays=relays)
    )


def try_extras(settings: Settings) -> None:
    """What a start makes with packages of an extra and keys is made, and let go: so `config check` tells of it.

    Raises ConfigError.
    """
    for door in settings.smtp:
        if door.check_senders:
            _sender_checks(door)
    _signer(settings.relay)


def _sender_checks(settings: SmtpDoor) -> type[SenderChecks]:
    try:
        from intakebot.channels.sender_checks import SenderChecks  # noqa: PLC0415 - packages of an extra
    except ImportError as missing:
        sentence = (
            f"channels.{settings.name}: check_senders needs the extra `auth` (pip install intakebot[auth]): {missing}"
        )
        raise ConfigError([Problem(MAIN_FILE, 1, sentence)]) from missing
    return SenderChecks


def _outlets(opened: OpenHouse, slack: Iterable[SlackChannel]) -> Mapping[str, Outlet]:
    """The ways out; in shadow mode the house has none, so that no mistake elsewhere can send anything."""
    if opened.settings.service.shadow:
        return {}
    return {"email": _mail_outlet(opened)} | {channel.outlet.channel: channel.outlet for channel in slack}


def _alarms_of(channel: SmtpInlet | SlackChannel) -> list[Alarm]:
    return [Alarm(one.what, one.sentence, one.which) for one in channel.alarms()]


def _mailbox_alarms(inlet: ImapInlet) -> list[Alarm]:
    return [Alarm(one.what, one.sentence, one.which, one.since.isoformat()) for one in inlet.alarms()]


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
        return MaildirOutlet(opened.data / "outbox", bounce_key=opened.house.reply_key)
    chosen = RelaySettings(
        relay.host,
        relay.port,
        opened.settings.service.host_name,
        Tls(relay.tls.value),
        relay.username,
        relay.password.value,
        _token_in(relay.token_file) if relay.token_file else None,
        connections=relay.connections,
    )
    return RelayOutlet(chosen, bounce_key=opened.house.reply_key, signer=_signer(relay))


def _signer(relay: RelayHop | None) -> DkimSigner | None:
    keys = [signing_key(key.domain, key.selector, key.key) for key in relay.dkim] if relay else []
    return DkimSigner(keys) if keys else None


def _token_in(path: Path) -> Callable[[], Awaitable[str]]:
    """The token of the next login: whoever renews it writes the file anew."""

    async def read() -> str:
        return (await asyncio.to_thread(path.read_bytes)).decode("utf-8", "replace").strip()

    return read

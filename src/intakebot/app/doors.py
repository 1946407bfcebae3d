"""The doors of the house: what every configured channel opens, ways in and ways out. Called by `service`.

A further kind of channel is a function here, beside its module in `channels` and its settings in `config`.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from intakebot.app.house import OpenHouse
from intakebot.channels.control import ControlInlet, control_socket
from intakebot.channels.maildir import MaildirOutlet
from intakebot.channels.relay import RelayOutlet, RelaySettings, Tls
from intakebot.channels.smtp import SmtpInlet
from intakebot.channels.smtp_reception import SmtpSettings
from intakebot.config.channel_settings import SmtpSettings as SmtpDoor
from intakebot.ports import Desk, Inlet, Outlet


class Door(Inlet, Protocol):
    """A way in; `listening` is set once it takes what comes."""

    listening: asyncio.Event


@dataclass(frozen=True, slots=True)
class Doors:
    """All doors, not yet open. `smtp` are those of `inlets` that take mail, in the order of the configuration."""

    smtp: tuple[SmtpInlet, ...]
    inlets: tuple[Door, ...]
    outlets: Mapping[str, Outlet] = field(default_factory=dict)


def doors_of(opened: OpenHouse, desk: Desk) -> Doors:
    """What the configuration says, and the control socket."""
    smtp = tuple(smtp_inlet(opened, settings) for settings in opened.settings.smtp)
    control = ControlInlet(control_socket(opened.data), desk)
    return Doors(smtp, (*smtp, control), {"email": _mail_outlet(opened)})


def smtp_inlet(opened: OpenHouse, settings: SmtpDoor) -> SmtpInlet:
    """The door that the settings describe, not yet open."""
    context = None
    if settings.certificate:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        context.load_cert_chain(settings.certificate, settings.key)
    hostname = opened.settings.service.host_name
    chosen = SmtpSettings(
        settings.host, settings.port, hostname, settings.lmtp, settings.size_limit, tls_context=context
    )
    return SmtpInlet(settings.name, chosen)


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

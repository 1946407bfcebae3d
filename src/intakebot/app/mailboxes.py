"""Builds the IMAP channels of a house from its configuration, and checks its mailboxes.

Called by `doors` and, for `intakebot mailbox check`, by the command line.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from random import SystemRandom

from intakebot.app.house import OpenHouse
from intakebot.channels.imap.check import check
from intakebot.channels.imap.inlet import ImapInlet
from intakebot.channels.imap.mailbox import After, Mailbox, Security, Tokens
from intakebot.channels.imap.tokens import GoogleTokens, MicrosoftTokens, TokenEndpoint
from intakebot.clocks import SystemClock
from intakebot.config.imap_file import FirstLook, ImapSettings, OauthSettings, Provider
from intakebot.config.settings import Settings
from intakebot.domain.errors import NotFoundError
from intakebot.usecases.mailboxes import HouseMailboxes


def imap_inlets(opened: OpenHouse) -> tuple[ImapInlet, ...]:
    """The channels that the configuration describes, not yet open."""
    books = HouseMailboxes(opened.house.clock, opened.house.new_id, opened.writer)
    return tuple(ImapInlet(mailbox_of(settings), books, SystemRandom()) for settings in opened.settings.imap)


def mailbox_of(settings: ImapSettings) -> Mailbox:
    """A mailbox, in the channel's own words."""
    return Mailbox(
        name=settings.name,
        host=settings.host,
        port=settings.port,
        security=Security(settings.tls.value),
        username=settings.username,
        address=settings.address,
        password=settings.password.value,
        tokens=_tokens(settings.oauth, settings.username) if settings.oauth else None,
        authority=settings.certificate_authority,
        folder=settings.folder,
        after=After(settings.after.value),
        move_to=settings.move_to,
        from_now=settings.first_look is FirstLook.NEW,
        poll=settings.poll,
        size_limit=settings.size_limit,
        batch_bytes=settings.batch_bytes,
    )


def _tokens(oauth: OauthSettings, username: str) -> Tokens:
    if oauth.provider is Provider.MICROSOFT:
        return MicrosoftTokens(oauth.tenant, oauth.client_id, oauth.client_secret.value)
    if oauth.service_account is not None:
        return GoogleTokens(oauth.service_account, username)
    asked = {
        "client_id": oauth.client_id,
        "client_secret": oauth.client_secret.value,
        "scope": oauth.scope,
        "refresh_token": oauth.refresh_token.value,
    }
    return TokenEndpoint(oauth.token_url, asked, SystemClock().now)


async def mailbox_findings(settings: Settings, name: str) -> list[Mapping[str, str]]:
    """What `intakebot mailbox check` found, mailbox by mailbox ('' = all); nothing is changed there.

    Raises NotFoundError when no such channel of kind imap is configured.
    """
    known = {one.name: one for one in settings.imap}
    if not known:
        raise NotFoundError("no channel of kind imap is configured: docs/howto/imap.md sets one up in five minutes")
    if name and name not in known:
        raise NotFoundError(f"there is no mailbox {name!r}; known mailboxes: {', '.join(sorted(known))}")
    found: list[Mapping[str, str]] = []
    for one in settings.imap:
        if name in ("", one.name):
            findings = await asyncio.to_thread(check, mailbox_of(one))
            found += [
                {"severity": each.severity, "place": f"{one.name}: {each.what}", "sentence": each.sentence}
                for each in findings
            ]
    return found

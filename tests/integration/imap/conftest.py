"""A house with a mailbox on each of two servers that we did not write, and on one that fails as it is told."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
import pytest_asyncio

from contract.storage.conftest import migrated_file
from fakes.mail_round import Round, a_mailbox, house_on
from fakes.mail_servers import ON_DOVECOT, MailServer, Post, dovecot_server, pymap_server
from fakes.scripted_imap import ScriptedImap
from fakes.standing_house import StandingHouse

__all__ = ["migrated_file"]


@pytest.fixture(scope="session", params=["pymap", ON_DOVECOT])
def server(request: pytest.FixtureRequest) -> Iterator[MailServer]:
    with pymap_server() if request.param == "pymap" else dovecot_server() as running:
        yield running


@pytest.fixture
def post(server: MailServer) -> Iterator[Post]:
    with server.post() as opened:
        opened.empty("INBOX")
        opened.drop("Processed")
        yield opened


@pytest_asyncio.fixture
async def house(migrated_file: Path, tmp_path: Path) -> AsyncIterator[StandingHouse]:
    made = house_on(migrated_file, tmp_path)
    yield made
    await made.close()


@pytest.fixture
def mailbox(house: StandingHouse, server: MailServer, post: Post) -> Round:  # noqa: ARG001 - it empties the mailbox
    return Round(house, a_mailbox(server.port))


@pytest_asyncio.fixture
async def imap() -> AsyncIterator[ScriptedImap]:
    async with ScriptedImap() as serving:
        yield serving


@pytest.fixture
def round_(house: StandingHouse, imap: ScriptedImap) -> Round:
    return Round(house, a_mailbox(imap.port))

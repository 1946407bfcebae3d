"""kill -9 at every boundary of a commit on the way of a mail out of a mailbox: one contact each, and all are marked."""

from __future__ import annotations

import signal
from collections import Counter
from contextlib import closing
from pathlib import Path

import pytest

from crash.ledger import ALL
from crash.lives import Mother, mother_of, wait_for
from fakes.mail_round import a_mail
from fakes.mail_servers import PASSWORD, USER, MailServer, Post, pymap_server
from intakebot.storage.archive import SqlArchive
from intakebot.storage.blobs import Blobs
from intakebot.storage.engine import open_database

pytestmark = pytest.mark.crash

POINTS = (
    "before claim_mailbox",
    "after claim_mailbox",
    "before begin_mails",
    "after begin_mails",
    "before keep_contacts",
    "after keep_contacts",
    "before keep_mails",
    "after keep_mails",
    "before settle_mails",
    "after settle_mails",
    "before finish_look",
    "after finish_look",
)
RECOVERIES = ("after begin_mails", "after keep_contacts", "after keep_mails", "after finish_look")
"""After these a life may finish what the ones before left: three that end over one mail would set it aside."""
MAILS_EACH = 3


def section(server: MailServer) -> str:
    return (
        f"post: {{kind: imap, host: 127.0.0.1, port: {server.port}, tls: none, username: {USER},"
        f" password: {{file: password}}, address: {USER}}}"
    )


def recovers(mother: Mother, post: Post, expected: int) -> None:
    """A life without an end of its own: everything is taken and marked."""
    life = mother.bear()
    wait_for(lambda: len(post.seen()) == expected and all(post.seen()))
    wait_for(lambda: not any(life.ask("mailbox.list")[0][stage] for stage in ("begun", "kept")))
    life.wait_until_nothing_waits()
    life.stop()


@pytest.mark.timeout(240)
def test_each_mail_is_one_contact_wherever_the_service_dies(tmp_path: Path) -> None:  # cases B01, B02
    with pymap_server() as server, server.post() as post, mother_of(tmp_path, channels=section(server)) as mother:
        (tmp_path / "config" / "password").write_text(PASSWORD, "utf-8")
        filed = 0
        for point in POINTS:
            post.file(*(a_mail(filed + more) for more in range(MAILS_EACH)))
            filed += MAILS_EACH
            life = mother.risk(point)
            assert life.ended() == -signal.SIGKILL, f"the point {point!r} was never hit"
            if point in ("before keep_contacts", "after keep_contacts"):
                assert not any(post.seen()[-MAILS_EACH:]), "marked before it was kept"
            if point in RECOVERIES:
                recovers(mother, post, filed)
    with closing(open_database("sqlite+pysqlite:///intakebot.db", mother.data)) as database:
        archive = SqlArchive(database, Blobs(mother.data))
        contacts = Counter(row["message_id"] for row in archive.contacts("", ALL))
        assert contacts == Counter(f"{number}@example.net" for number in range(filed))
        assert archive.mailboxes()[0]["set_aside"] == 0

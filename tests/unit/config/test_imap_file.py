"""A mailbox in the configuration: what is taken where nothing is said, and what each provider of tokens needs."""

from __future__ import annotations

import shutil
from datetime import timedelta
from pathlib import Path

import pytest

from intakebot.app.mailboxes import mailbox_of
from intakebot.channels.imap.tokens import GoogleTokens, MicrosoftTokens, TokenEndpoint
from intakebot.config.imap_file import ImapSettings
from intakebot.config.settings import load_settings

GOOD = Path(__file__).parents[2] / "bad_config" / "good"


def read(place: Path, keys: str) -> ImapSettings:
    shutil.copytree(GOOD, place, dirs_exist_ok=True)
    file = place / "intakebot.yaml"
    line = (
        f"  post: {{kind: imap, host: imap.example.org, username: help@example.org, address: help@example.org, {keys}}}"
    )
    file.write_text(file.read_text("utf-8").replace("addresses:\n", f"{line}\naddresses:\n"), "utf-8")
    (place / "account.json").write_text("{}", "utf-8")
    (found,) = load_settings(place, {"PASSWORD": "hunter2"}).imap
    return found


def test_what_is_left_out_touches_least(tmp_path: Path) -> None:
    found = read(tmp_path, "password: {env: PASSWORD}")
    mailbox = mailbox_of(found)
    assert (mailbox.port, mailbox.security.value, mailbox.folder) == (993, "implicit", "INBOX")
    assert (mailbox.after.value, mailbox.from_now, mailbox.poll) == ("flag", False, timedelta(minutes=5))
    assert (mailbox.size_limit, mailbox.batch_bytes) == (50 << 20, 8 << 20)
    assert mailbox.password == "hunter2"
    assert "hunter2" not in repr(found) + repr(mailbox)
    assert mailbox.place.account == "help@example.org@imap.example.org"


def test_starttls_has_the_other_port(tmp_path: Path) -> None:
    assert read(tmp_path, "password: {env: PASSWORD}, tls: starttls").port == 143


@pytest.mark.parametrize(
    ("oauth", "kind"),
    [
        ("provider: microsoft, tenant: t, client_id: c, client_secret: {env: PASSWORD}", MicrosoftTokens),
        ("provider: google, service_account: account.json", GoogleTokens),
        ("provider: token_url, token_url: 'https://login.example.org/token', client_id: c", TokenEndpoint),
    ],
)
def test_tokens_come_from_their_provider(tmp_path: Path, oauth: str, kind: type) -> None:
    assert isinstance(mailbox_of(read(tmp_path, f"oauth: {{{oauth}}}")).tokens, kind)

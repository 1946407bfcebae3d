"""Who we speak to before we say who we are, and how we say it: certificates, passwords, tokens; what `check` says."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth.exceptions import TransportError

from fakes.certificates import certificate
from fakes.mail_round import a_mailbox
from fakes.scripted_imap import Fault, ScriptedImap
from intakebot.channels.imap.check import Finding, check
from intakebot.channels.imap.connection import Connection
from intakebot.channels.imap.mailbox import After, Mailbox, Security
from intakebot.channels.imap.tokens import GoogleTokens, MicrosoftTokens, TokenEndpoint
from intakebot.domain.errors import MailboxError


async def opened(mailbox: Mailbox) -> str:
    """The trouble that opening it has, or ''."""
    connection = Connection(mailbox)
    try:
        await asyncio.to_thread(connection.open)
    except MailboxError as error:
        return error.trouble
    finally:
        await asyncio.to_thread(connection.close)
    return ""


@pytest.mark.parametrize("security", [Security.IMPLICIT, Security.STARTTLS])
@pytest.mark.parametrize(
    ("kind", "trusted", "trouble"),
    [
        pytest.param({}, True, "", id="good"),
        pytest.param({}, False, "certificate", id="self-signed"),
        pytest.param({"name": "imap.example.net"}, True, "certificate", id="another-name"),
        pytest.param({"lasts": timedelta(days=-1)}, True, "certificate", id="run-out"),
    ],
)
async def test_a_certificate_is_verified_before_a_login_is_sent(  # case B11
    tmp_path: Path,
    security: Security,
    kind: dict[str, Any],
    trusted: bool,  # noqa: FBT001 - a column of the table
    trouble: str,
) -> None:
    file, context = certificate(tmp_path, **kind)
    implicit = security is Security.IMPLICIT
    capabilities = "IMAP4rev1 STARTTLS"
    async with ScriptedImap(
        tls=context if implicit else None, starttls=None if implicit else context, capabilities=capabilities
    ) as imap:
        mailbox = a_mailbox(imap.port, security=security, authority=file if trusted else None)
        assert await opened(mailbox) == trouble
        assert imap.said("LOGIN") == (trouble == "")


async def test_without_starttls_nothing_is_said() -> None:  # case B11
    async with ScriptedImap() as imap:
        assert await opened(a_mailbox(imap.port, security=Security.STARTTLS)) == "certificate"
        assert imap.said("LOGIN") == 0


async def test_a_server_that_drops_us_at_the_login_has_not_refused_it() -> None:
    async with ScriptedImap(faults=[Fault("^LOGIN", "hang-up")]) as imap:
        assert await opened(a_mailbox(imap.port)) == "lost"


class Tokens:
    """Old ones first; a fresh one on demand."""

    def __init__(self) -> None:
        self.asked: list[bool] = []

    def token(self, *, fresh: bool) -> str:
        self.asked.append(fresh)
        return "new" if fresh else "old"


@pytest.mark.parametrize(("mechanism", "ended"), [("XOAUTH2", "''"), ("OAUTHBEARER", "'AQ=='")])
async def test_a_token_that_is_refused_is_renewed_once(mechanism: str, ended: str) -> None:
    tokens = Tokens()
    async with ScriptedImap(tokens={"new"}, capabilities=f"IMAP4rev1 AUTH={mechanism}") as imap:
        assert await opened(a_mailbox(imap.port, tokens=tokens)) == ""
        assert tokens.asked == [False, True]
        assert f"after the error: {ended}" in imap.heard
        imap.tokens = {"another"}
        assert await opened(a_mailbox(imap.port, tokens=tokens)) == "login"
        assert tokens.asked == [False, True, False, True]


@dataclass
class Endpoint:
    """A token endpoint that answers as it is told."""

    answers: list[tuple[int, Any]]
    asked: list[dict[str, list[str]]] = field(default_factory=list)
    url: str = ""


@contextmanager
def token_endpoint(*answers: tuple[int, Any]) -> Iterator[Endpoint]:
    endpoint = Endpoint(list(answers))

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            endpoint.asked.append(parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode()))
            status, answer = endpoint.answers.pop(0)
            body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        endpoint.url = f"http://127.0.0.1:{server.server_port}/token"
        try:
            yield endpoint
        finally:
            server.shutdown()
            thread.join()


def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    now = [datetime(2026, 3, 2, tzinfo=UTC)]
    answer = {"access_token": "one", "expires_in": 3600, "refresh_token": "second"}
    with token_endpoint((200, answer), (200, {"access_token": "two"}), (200, {"access_token": "three"})) as endpoint:
        asked = {"client_id": "us", "client_secret": "", "refresh_token": "first"}
        tokens = TokenEndpoint(endpoint.url, asked, lambda: now[0])
        assert [tokens.token(fresh=False), tokens.token(fresh=False), tokens.token(fresh=True)] == ["one", "one", "two"]
        now[0] += timedelta(minutes=56)
        assert tokens.token(fresh=False) == "three"
    assert [one["refresh_token"] for one in endpoint.asked] == [["first"], ["second"], ["second"]]
    assert endpoint.asked[0]["grant_type"] == ["refresh_token"]


@pytest.mark.parametrize(
    ("status", "answer", "words"),
    [
        (400, {"error": "invalid_client", "error_description": "no such client\nmore"}, "no such client"),
        (200, [], "no access token in the answer"),
    ],
)
def test_why_there_is_no_token_is_said_and_the_secret_is_not(status: int, answer: Any, words: str) -> None:
    with token_endpoint((status, answer)) as endpoint:
        asked = {"client_id": "us", "client_secret": "hunter2"}
        tokens = TokenEndpoint(endpoint.url, asked, lambda: datetime(2026, 3, 2, tzinfo=UTC))
        with pytest.raises(MailboxError, match=words) as caught:
            tokens.token(fresh=False)
    assert caught.value.trouble == "login"
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("status", [429, 500, 503])
def test_an_endpoint_in_trouble_has_not_refused_us(status: int) -> None:
    with token_endpoint((status, b"<html>")) as endpoint:
        tokens = TokenEndpoint(endpoint.url, {"client_id": "us"}, lambda: datetime(2026, 3, 2, tzinfo=UTC))
        with pytest.raises(MailboxError, match=f"gives no token: HTTP Error {status}") as caught:
            tokens.token(fresh=False)
    assert caught.value.trouble == "unreachable"


class NoWeb:
    """A network that is away."""

    def get(self, _url: str, **_: Any) -> Any:
        raise OSError("no route to host")

    post = get

    def close(self) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise TransportError("no route to host")


@pytest.mark.parametrize("who", ["Microsoft", "Google"])
def test_a_network_that_is_away_is_no_refusal_of_ours(tmp_path: Path, who: str) -> None:
    tokens = (
        MicrosoftTokens("contoso.example", "an-app", "hunter2", NoWeb())
        if who == "Microsoft"
        else GoogleTokens(service_account(tmp_path), "support@example.com", NoWeb())
    )
    with pytest.raises(MailboxError, match=f"no token from {who}: no route to host") as caught:
        tokens.token(fresh=False)
    assert caught.value.trouble == "unreachable"


class Web:
    """The network as msal and google-auth see it: what was asked, and a token each time."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, Any]] = []

    def get(self, url: str, **_: Any) -> Any:
        authority = url.partition("/v2.0")[0]
        found = {
            "token_endpoint": f"{authority}/oauth2/v2.0/token",
            "authorization_endpoint": f"{authority}/oauth2/v2.0/authorize",
            "issuer": f"{authority}/v2.0",
        }
        return Answered(200, json.dumps(found))

    def post(self, url: str, data: Any = None, **_: Any) -> Any:
        self.posted.append((url, data))
        return Answered(200, json.dumps({"access_token": f"token {len(self.posted)}", "expires_in": 3600}))

    def close(self) -> None:
        pass

    def __call__(self, url: str, body: Any = None, **_: Any) -> Any:
        return self.post(url, data=parse_qs(body.decode()))


@dataclass
class Answered:
    status_code: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def status(self) -> int:
        return self.status_code

    @property
    def data(self) -> bytes:
        return self.text.encode()

    def raise_for_status(self) -> None:
        pass


def test_microsoft_gives_an_app_its_tokens() -> None:
    web = Web()
    tokens = MicrosoftTokens("contoso.example", "an-app", "hunter2", web)
    assert [tokens.token(fresh=False), tokens.token(fresh=False), tokens.token(fresh=True)] == [
        "token 1",
        "token 1",
        "token 2",
    ]
    url, asked = web.posted[0]
    assert url == "https://login.microsoftonline.com/contoso.example/oauth2/v2.0/token"
    assert (asked["grant_type"], asked["scope"]) == (
        "client_credentials",
        "https://outlook.office365.com/.default",
    )


def service_account(place: Path) -> Path:
    """The file that Google gives out for one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    account = {
        "type": "service_account",
        "client_email": "bot@project.example",
        "token_uri": "https://oauth2.example/token",
        "private_key": key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ).decode(),
    }
    file = place / "account.json"
    file.write_text(json.dumps(account), "utf-8")
    return file


def test_google_gives_a_service_account_tokens_for_the_mailbox(tmp_path: Path) -> None:
    file = service_account(tmp_path)
    web = Web()
    tokens = GoogleTokens(file, "support@example.com", web)
    assert [tokens.token(fresh=False), tokens.token(fresh=False), tokens.token(fresh=True)] == [
        "token 1",
        "token 1",
        "token 2",
    ]
    file.write_text("{}", "utf-8")
    with pytest.raises(MailboxError, match="no token from Google"):
        GoogleTokens(file, "support@example.com", web).token(fresh=False)


async def found(mailbox: Mailbox) -> list[Finding]:
    return await asyncio.to_thread(check, mailbox)


async def test_check_says_that_all_is_well() -> None:
    async with ScriptedImap(folders={"Processed": {}}) as imap:
        findings = await found(a_mailbox(imap.port, after=After.MOVE, move_to="Processed"))
        assert {one.severity for one in findings} == {"ok"}
        assert [one.what for one in findings] == ["host", "certificate", "login", "folder", "rights", "move_to"]


@pytest.mark.parametrize(
    ("changes", "server", "severity", "what", "words"),
    [
        ({"port": 1}, {}, "error", "host", "no connection with 127.0.0.1:1"),
        ({"security": Security.STARTTLS}, {}, "error", "certificate", "offers no STARTTLS"),
        ({"security": Security.IMPLICIT}, {}, "error", "certificate", "look at `port` and `tls`"),
        ({"password": "hunter2"}, {}, "error", "login", "refuses the login"),
        ({"folder": "Inbox/Support"}, {}, "error", "folder", "cannot be opened"),
        ({}, {"permanent": False}, "error", "rights", "may only read"),
        ({"after": After.MOVE, "move_to": "Done"}, {}, "warning", "move_to", "there is no folder 'Done' yet"),
        ({"after": After.DELETE}, {"capabilities": "IMAP4rev1 IDLE"}, "warning", "delete", "no UIDPLUS"),
        ({}, {"capabilities": "IMAP4rev1"}, "warning", "idle", "seen at the next poll"),
    ],
)
async def test_check_says_in_words_what_is_wrong(
    changes: dict[str, Any], server: dict[str, Any], severity: str, what: str, words: str
) -> None:
    async with ScriptedImap(**server) as imap:
        finding = (await found(a_mailbox(**({"port": imap.port} | changes))))[-1]
        assert (finding.severity, finding.what) == (severity, what)
        assert words in finding.sentence
        assert "hunter2" not in finding.sentence
        assert "b'" not in finding.sentence, "what a server said, and not how Python writes bytes"
        assert "[Errno" not in finding.sentence
        assert not any(word in line for line in imap.heard for word in ("STORE", "FETCH", "CREATE"))


async def test_check_tells_a_token_endpoint_from_the_server_of_the_mailbox() -> None:
    tokens = MicrosoftTokens("contoso.example", "an-app", "hunter2", NoWeb())
    async with ScriptedImap() as imap:
        finding = (await found(a_mailbox(imap.port, tokens=tokens)))[-1]
    assert (finding.severity, finding.what, finding.sentence) == (
        "error",
        "login",
        "no token from Microsoft: no route to host",
    )

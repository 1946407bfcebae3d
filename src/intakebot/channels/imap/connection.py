"""One connection to an IMAP server: the only module that speaks to imapclient.

Everything blocks and belongs to one thread. What goes wrong is a `MailboxError`: `lost` = the connection is of no use
any more (also when an answer cannot be read: who knows where the next one begins), `refused` = the server said no to
one request, `busy` = to all of them. Certificates are always verified, before anybody logs in (RFC 8314, RFC 9525).
"""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from imapclient import DELETED, SEEN, IMAPClient, SocketTimeout
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    IMAPClientReadOnlyError,
    LoginError,
    ProtocolError,
)

from intakebot.channels.imap.mailbox import Mailbox, Security
from intakebot.domain.errors import MailboxError

SEARCHED_AT_ONCE = 50_000
"""Mails of a folder in one search: imaplib reads no answer of more than 1 MB, and larger mailboxes exist."""
_NEWS = (b"EXISTS", b"RECENT")
_KEEPALIVE = (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4))
_LATER = ("[UNAVAILABLE]", "[INUSE]", "[LIMIT]", "IS THROTTLED")
"""What a server says that is in trouble itself (RFC 5530 3, RFC 9051 7.1, Microsoft 365): no mail is to blame."""
_SASL_NAME = str.maketrans({"=": "=3D", ",": "=2C"})  # RFC 5801 4
_COPIED = re.compile(rb"\d+ ([\d:,]+) [\d:,]+")
_UNREADABLE = (ValueError, IndexError, KeyError, TypeError, AttributeError, AssertionError, MemoryError)
"""What a parser may make of an answer that is no IMAP, and of a literal of absurd length."""


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder as the server shows it: `last_uid` is the highest UID it has given so far; `writable` the right to."""

    uid_validity: int
    last_uid: int
    messages: int
    writable: bool


@dataclass(frozen=True, slots=True)
class Measured:
    """A mail that has not been fetched: its size as the server says it, and when it came into the folder."""

    uid: int
    size: int
    arrived_at: datetime | None


class Connection:
    """A connection, made by `open`; selected on the mailbox's folder by `select`."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.mailbox = mailbox
        self._opened: IMAPClient | None = None

    @property
    def _client(self) -> IMAPClient:
        if self._opened is None:
            raise MailboxError("lost", "there is no connection")
        return self._opened

    def open(self) -> None:
        """Connect, verify, log in; a token that is refused is renewed once (it may have run out early)."""
        self.connect()
        if self.mailbox.tokens is None:
            self.login(fresh=False)
            return
        try:
            self.login(fresh=False)
        except MailboxError as error:
            if error.trouble != "login":
                raise
            self.close()
            self.connect()
            self.login(fresh=True)

    def connect(self) -> None:
        """Connect and verify; nothing of a login is said yet."""
        mailbox, timing = self.mailbox, self.mailbox.timing
        with _translated(mailbox, "unreachable"):
            context = None
            if mailbox.security is not Security.NONE:
                context = ssl.create_default_context()
                if mailbox.authority:
                    context.load_verify_locations(mailbox.authority)
            implicit = mailbox.security is Security.IMPLICIT
            timeout = SocketTimeout(timing.connect, timing.read)
            self._opened = client = IMAPClient(
                mailbox.host, mailbox.port, ssl=implicit, ssl_context=context if implicit else None, timeout=timeout
            )
            client.normalise_times = False
            _keep_alive(client.socket())
            if mailbox.security is Security.STARTTLS:
                self._start_tls(context)

    def _start_tls(self, context: ssl.SSLContext | None) -> None:
        if not self._client.has_capability("STARTTLS"):
            sentence = "the server offers no STARTTLS, so nothing was said; write `tls: implicit` if it has a TLS port"
            raise MailboxError("certificate", sentence)
        self._client.starttls(context)

    def login(self, *, fresh: bool) -> None:
        """Say who we are; raises MailboxError with trouble `login`."""
        mailbox = self.mailbox
        token = mailbox.tokens.token(fresh=fresh) if mailbox.tokens else ""
        with _translated(mailbox, "lost"):
            if mailbox.tokens is None:
                self._client.login(mailbox.username, mailbox.password)
            elif self.can("AUTH=OAUTHBEARER") and not self.can("AUTH=XOAUTH2"):
                said = f"n,a={mailbox.username.translate(_SASL_NAME)},\1auth=Bearer {token}\1\1"
                self._client.sasl_login("OAUTHBEARER", _once(said, "\1"))  # RFC 7628 3.2.3
            else:
                said = f"user={mailbox.username}\1auth=Bearer {token}\1\1"
                self._client.sasl_login("XOAUTH2", _once(said, ""))

    def can(self, capability: str) -> bool:
        """Whether the server says that it can do this."""
        with _translated(self.mailbox, "lost"):
            return bool(self._client.has_capability(capability))

    def select(self) -> Folder:
        """Open the folder (anew); raises MailboxError with trouble `folder` when the server refuses."""
        try:
            with _translated(self.mailbox, "lost"):
                found, writable = self._selected()
        except MailboxError as error:
            if error.trouble != "refused":
                raise
            raise MailboxError("folder", f"the folder {self.mailbox.folder!r} cannot be opened: {error}") from error
        validity = found.get(b"UIDVALIDITY")
        if not isinstance(validity, int):  # RFC 3501 7.1: such a server has no persistent UIDs
            raise MailboxError("folder", "the server gives no UIDVALIDITY: mails cannot be told apart there")
        messages = int(found[b"EXISTS"])
        return Folder(validity, self._last_uid(found, messages), messages, writable)

    def _selected(self) -> tuple[Mapping[bytes, Any], bool]:
        """What the server says of the folder, and whether mails in it may be changed."""
        try:
            return self._client.select_folder(self.mailbox.folder), True
        except IMAPClientReadOnlyError:  # imaplib takes offence; we read what we may
            return self._client.select_folder(self.mailbox.folder, readonly=True), False

    def _last_uid(self, found: Mapping[bytes, Any], messages: int) -> int:
        upcoming = found.get(b"UIDNEXT")
        if isinstance(upcoming, int):
            return upcoming - 1
        return max(self.uids_after(0, messages), default=0) if messages else 0

    def uids_after(self, uid: int, messages: int) -> list[int]:
        """The UIDs above this one, ascending; `messages` is how many mails the folder had when it was selected.

        `n:*` always has the last mail in it, hence the filter.
        """
        found: set[int] = set()
        with _translated(self.mailbox, "lost"):
            for first in range(1, max(messages, 1) + 1, SEARCHED_AT_ONCE):
                last = first + SEARCHED_AT_ONCE - 1
                some = [] if messages <= SEARCHED_AT_ONCE else [f"{first}:{last if last < messages else '*'}"]
                found.update(self._client.search([*some, "UID", f"{uid + 1}:*"]))
        return sorted(each for each in found if each > uid)

    def present(self, uids: Sequence[int]) -> set[int]:
        """Those of them that are in the folder."""
        if not uids:
            return set()
        with _translated(self.mailbox, "lost"):
            return set(self._client.search(["UID", ",".join(map(str, uids))])) & set(uids)

    def measure(self, uids: Sequence[int]) -> list[Measured]:
        """Size and time of arrival, without the mails; one that is gone is left out."""
        with _translated(self.mailbox, "lost"):
            found = self._client.fetch(list(uids), ["RFC822.SIZE", "INTERNALDATE"])
        return [Measured(uid, int(found[uid].get(b"RFC822.SIZE", 0)), _utc(found[uid])) for uid in sorted(found)]

    def fetch(self, uids: Sequence[int]) -> dict[int, bytes]:
        """Whole mails, as they are, without marking them as seen."""
        with _translated(self.mailbox, "lost"):
            found = self._client.fetch(list(uids), ["BODY.PEEK[]"])
        return {uid: bytes(parts[b"BODY[]"]) for uid, parts in found.items() if parts.get(b"BODY[]") is not None}

    def headers(self, uid: int, most: int) -> bytes:
        """The first octets of a mail's header block; empty when the server has none."""
        with _translated(self.mailbox, "lost"):
            found = self._client.fetch([uid], [f"BODY.PEEK[HEADER]<0.{most}>"])
        parts = found.get(uid, {})
        return next((bytes(value) for key, value in parts.items() if key.startswith(b"BODY[HEADER]") and value), b"")

    def flag_seen(self, uids: Sequence[int]) -> None:
        """Mark as seen; raises MailboxError with trouble `refused`."""
        with _translated(self.mailbox, "lost"):
            self._client.add_flags(list(uids), [SEEN], silent=True)

    def delete(self, uids: Sequence[int]) -> None:
        """Delete these and no others: without UIDPLUS they stay flagged, since EXPUNGE would take what is not ours."""
        with _translated(self.mailbox, "lost"):
            self._client.add_flags(list(uids), [DELETED], silent=True)
            if self._client.has_capability("UIDPLUS"):
                self._client.uid_expunge(list(uids))

    def move(self, uids: Sequence[int], folder: str) -> None:
        """RFC 6851; raises MailboxError with trouble `refused`. What was not moved is still `present`."""
        with _translated(self.mailbox, "lost"):
            self._client.move(list(uids), folder)

    def copy(self, uids: Sequence[int], folder: str) -> set[int]:
        """Copy; those that certainly are there now: what COPYUID says (RFC 4315), all where the server says nothing."""
        with _translated(self.mailbox, "lost"):
            self._said("COPYUID")  # of an earlier command
            self._client.copy(list(uids), folder)
            copied = _COPIED.fullmatch(self._said("COPYUID"))
        return set(uids) & _numbers(copied[1]) if copied else set(uids)

    def _said(self, code: str) -> bytes:
        """What a response code said, once; imapclient drops it, imaplib below it does not."""
        _, found = self._client._imap.response(code)  # noqa: SLF001 - there is no other way to it
        return bytes(found[-1] or b"")

    def has_folder(self, folder: str) -> bool:
        """Whether it exists."""
        with _translated(self.mailbox, "lost"):
            return bool(self._client.folder_exists(folder))

    def make_folder(self, folder: str) -> None:
        """Make it; raises MailboxError with trouble `refused`."""
        with _translated(self.mailbox, "lost"):
            self._client.create_folder(folder)

    def watch(self, enough: Callable[[], bool], now: Callable[[], datetime]) -> None:
        """Be in IDLE (RFC 2177) until something comes or `enough`; raises MailboxError when the connection is dead.

        An answer that is empty too early means that nobody is there any more: imapclient would give it for ever.
        """
        breath = self.mailbox.timing.breath
        with _translated(self.mailbox, "lost"):
            self._client.idle()
            suspicious = False
            while not enough() and not suspicious:
                began = now()
                heard = self._client.idle_check(timeout=breath)
                if _ends(heard):
                    raise MailboxError("lost", "the server said goodbye")
                if _brings_news(heard):
                    break
                suspicious = not heard and now() - began < timedelta(seconds=breath / 2)
            self._client.idle_done()
            if suspicious:
                self._client.noop()

    def close(self, *, politely: bool = True) -> None:
        """Say goodbye if somebody listens, and let go."""
        client, self._opened = self._opened, None
        if client is not None:
            if politely:
                with suppress(OSError, IMAPClientError, *_UNREADABLE):
                    client.logout()
            with suppress(OSError, IMAPClientError):
                client.shutdown()

    def break_off(self) -> None:
        """End a request that hangs, from another thread: whoever waits for the answer reads the end of the stream."""
        client = self._opened
        if client is not None:
            with suppress(OSError):
                client.socket().shutdown(socket.SHUT_RDWR)


@contextmanager
def _translated(mailbox: Mailbox, loss: str) -> Iterator[None]:
    """What imapclient and the network raise, as a MailboxError; `loss` is the trouble that a broken connection is."""
    where = f"{mailbox.host}:{mailbox.port}"
    try:
        yield
    except ssl.SSLCertVerificationError as error:
        sentence = f"the certificate of {where} was refused, and no login sent: {error.verify_message}"
        raise MailboxError("certificate", sentence) from error
    except ssl.SSLError as error:
        trouble = "certificate" if loss == "unreachable" else loss
        raise MailboxError(trouble, f"no TLS with {where}: {error.reason or error}") from error
    except LoginError as error:
        if isinstance(error.__context__, IMAPClientAbortError) or "[UNAVAILABLE]" in str(error):  # RFC 5530 3
            raise MailboxError(loss, f"{where} broke off the login: {_words(error)}") from error
        raise MailboxError("login", f"{where} refuses the login of {mailbox.username}: {_words(error)}") from error
    except (OSError, IMAPClientAbortError, ProtocolError) as error:
        raise MailboxError(loss, f"no connection with {where}: {_words(error) or type(error).__name__}") from error
    except IMAPClientError as error:
        words = _words(error)
        trouble = "busy" if any(said in words.upper() for said in _LATER) else "refused"
        raise MailboxError(trouble, words) from error
    except _UNREADABLE as error:
        raise MailboxError("lost", f"{where} gave an answer that is no IMAP ({type(error).__name__})") from error


def _words(error: Exception) -> str:
    """What the server or the system said, on one line, not without end."""
    said = (error.strerror or error) if isinstance(error, OSError) else error.args[0] if error.args else error
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    bare = re.fullmatch(r"b(['\"])(.*)\1", text, re.DOTALL)  # imapclient gives bytes of a login as their `repr`
    return " ".join((bare[2] if bare else text).split())[:300].rstrip(".")


def _once(said: str, afterwards: str) -> Callable[[bytes], str]:
    """A SASL mechanism that speaks first; to the error that may follow it says what ends the exchange."""
    words = iter((said,))
    return lambda _challenge: next(words, afterwards)


def _keep_alive(sock: socket.socket) -> None:
    """A connection whose other end vanished without a word is noticed by the system within two minutes."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, seconds in _KEEPALIVE:
        if hasattr(socket, name):
            sock.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), seconds)


def _utc(parts: Mapping[bytes, Any]) -> datetime | None:
    arrived = parts.get(b"INTERNALDATE")
    return arrived.astimezone(UTC) if isinstance(arrived, datetime) else None


def _numbers(ranges: bytes) -> set[int]:
    """The numbers of `1:3,7`."""
    found: set[int] = set()
    for part in ranges.split(b","):
        first, _, last = part.partition(b":")
        low, high = sorted((int(first), int(last or first)))
        found.update(range(low, min(high, low + 100_000) + 1))
    return found


def _ends(heard: Iterable[Any]) -> bool:
    return any(line and line[0] == b"BYE" for line in heard)


def _brings_news(heard: Iterable[Any]) -> bool:
    return any(len(line) > 1 and line[1] in _NEWS for line in heard)

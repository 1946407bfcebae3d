"""Delivery by HTTP, signed, to the app's request URL on this machine."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from urllib.parse import urlencode

import aiohttp
from yarl import URL

from fakes.slack.clock import FakeClock, machine_time
from fakes.slack.courier import ACK_SECONDS, Attempt, Delivery

AGENT = "Slackbot 1.0 (+https://api.slack.com/robots)"
JSON_TYPE = "application/json"
FORM_TYPE = "application/x-www-form-urlencoded"


@dataclass
class HttpDoor:
    """`secret` signs; `stamp` says the time of the signature, which the app compares with the machine's."""

    clock: FakeClock
    secret: Callable[[], str]
    stamp: Callable[[], float] = machine_time
    url: str = ""
    session: aiohttp.ClientSession | None = None
    sent: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    def aim(self, url: str) -> None:
        """Deliver there; only this machine is allowed."""
        host = URL(url).host or ""
        if host != "localhost" and not ip_address(host).is_loopback:
            raise ValueError(f"{url} is not on this machine")
        self.url = url

    async def close(self) -> None:
        """Hang up."""
        if self.session is not None:
            await self.session.close()
            self.session = None

    async def send(self, delivery: Delivery, number: int, reason: str) -> Attempt:
        """Post it once."""
        body, kind = encoded(delivery)
        headers = self.signed(body, kind)
        if number:
            headers |= {"X-Slack-Retry-Num": str(number), "X-Slack-Retry-Reason": reason}
        return await self.post(headers, body, number)

    def signed(self, body: bytes, kind: str = JSON_TYPE, at: float | None = None, secret: str = "") -> dict[str, str]:
        """The headers of a delivery, signed for `at` (seconds since 1970) with `secret`."""
        stamp = str(int(self.stamp() if at is None else at))
        return {
            "Content-Type": kind,
            "User-Agent": AGENT,
            "X-Slack-Request-Timestamp": stamp,
            "X-Slack-Signature": signature(secret or self.secret(), stamp, body),
        }

    async def post(self, headers: dict[str, str], body: bytes, number: int = 0) -> Attempt:
        """Post these very bytes."""
        attempt = Attempt(number, "http", self.clock.time())
        self.sent.append((headers, body))
        try:
            await self.clock.within(ACK_SECONDS, self._exchange(headers, body, attempt))
        except TimeoutError:
            attempt.reason = "http_timeout"
        except aiohttp.TooManyRedirects:
            attempt.reason = "too_many_redirects"
        except aiohttp.ClientSSLError:
            attempt.reason = "ssl_error"
        except aiohttp.ClientConnectionError:
            attempt.reason = "connection_failed"
        except aiohttp.ClientError:
            attempt.reason = "unknown_error"
        attempt.seconds = self.clock.time() - attempt.at
        return attempt

    async def _exchange(self, headers: dict[str, str], body: bytes, attempt: Attempt) -> None:
        if self.session is None:
            connector = aiohttp.TCPConnector(force_close=True)
            self.session = aiohttp.ClientSession(connector=connector, timeout=aiohttp.ClientTimeout(total=60))
        async with self.session.post(self.url, data=body, headers=headers, max_redirects=2) as answer:
            attempt.status = answer.status
            raw = await answer.read()
            attempt.body = _read(answer, raw)
            attempt.stop = answer.headers.get("x-slack-no-retry") == "1"
            if not 200 <= answer.status < 300:
                attempt.reason = "http_error"


def encoded(delivery: Delivery) -> tuple[bytes, str]:
    """The body of a delivery and its type, as Slack sends each kind."""
    if delivery.kind == "event":
        return json.dumps(delivery.body, ensure_ascii=False).encode(), JSON_TYPE
    fields = delivery.body if delivery.kind == "command" else {"payload": json.dumps(delivery.body, ensure_ascii=False)}
    return urlencode(fields).encode(), FORM_TYPE


def signature(secret: str, stamp: str, body: bytes) -> str:
    """Version 0 of Slack's signatures."""
    base = b"v0:" + stamp.encode() + b":" + body
    return "v0=" + hmac.new(secret.encode(), base, hashlib.sha256).hexdigest()


def _read(answer: aiohttp.ClientResponse, raw: bytes) -> object:
    text = raw.decode(errors="replace")
    if answer.content_type == JSON_TYPE and text.strip():
        try:
            return json.loads(text)
        except ValueError:
            return text
    return text

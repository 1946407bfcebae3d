"""One exchange with Slack: a call of the Web API, a file that comes, a file that goes, an answer to a `response_url`.

Used by `calls` only, which knows tokens and limits. It promises that everything that can go wrong between here and
Slack comes back as one of three errors, that nothing is ever sent twice from here, and that a token goes to Slack's
own hosts and to nobody else.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from http import HTTPStatus
from typing import Any

import aiohttp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from intakebot.channels.slack.web.addresses import own_address, proxy_for
from intakebot.domain.errors import IntakebotError, SlackLimitedError, SlackRefusedError, SlackUnreachableError

CONNECT_SECONDS = 5.0
FILE_SECONDS = 120.0
SILENCE_SECONDS = 15.0
AT_ONCE = 20
HOPS = 3
CHUNK = 64 * 1024
WAIT_ANYWAY = 30
"""Seconds to leave Slack alone when it does not say how long."""

_NOT_BEGUN = frozenset({"request_timeout", "service_unavailable", "team_added_to_org", "accesslimited"})
_HALF_WAY = frozenset({"internal_error", "fatal_error"})
_TOO_OFTEN = frozenset({"ratelimited", "rate_limited"})
_ODD_ANSWER = (AttributeError, RecursionError, TypeError, ValueError)
"""What the client raises over an answer that is no JSON object, such as a text with status 200."""

_DIGITS = re.compile(r"[0-9]{1,6}")
_log = logging.getLogger(f"{__name__}.client")
_log.setLevel(logging.WARNING)  # below that the client logs what people wrote


@dataclass(frozen=True, slots=True)
class Answer:
    """What Slack said: the JSON, and the headers by lower-case name."""

    body: Mapping[str, Any]
    headers: Mapping[str, str]


class Wire:
    """`api_url` ends with `/`. Must be closed; its session is made at the first call, inside a running loop."""

    def __init__(self, api_url: str) -> None:
        self._api_url = api_url
        self._client = AsyncWebClient(base_url=api_url, retry_handlers=[], logger=_log)
        self._client.proxy = proxy_for(api_url)

    async def close(self) -> None:
        """Let go of the connections."""
        session, self._client.session = self._client.session, None
        if session is not None:
            await session.close()

    async def send(self, method: str, arguments: Mapping[str, Any], token: str, within: float) -> Answer:
        """Call a method, once. `within` is in seconds, everything included; `token` '' = none.

        Raises SlackLimitedError, SlackRefusedError, SlackUnreachableError.
        """
        self._session()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        try:
            async with asyncio.timeout(within):
                answer = await self._client.api_call(method, data=as_form(arguments), headers=headers)
        except SlackApiError as error:
            raise _refusal(method, error.response) from error
        except (aiohttp.ClientError, OSError) as error:
            raise _broken(method, error) from error
        except _ODD_ANSWER as error:
            raise SlackUnreachableError(f"Slack's answer to {method} was no JSON object", taken=None) from error
        if not isinstance(answer.data, dict):
            raise SlackUnreachableError(f"Slack's answer to {method} was no JSON object", taken=None)
        return Answer(answer.data, _lower(answer.headers))

    async def fetch(self, url: str, token: str, limit: int) -> bytes:
        """The file behind an address of Slack's, `limit` bytes at most.

        Raises SlackRefusedError with the error `not_slack`, `file_too_large`, `login_page` or `http_<status>`.
        """
        place = self._own(url)
        try:
            async with asyncio.timeout(FILE_SECONDS):
                for _ in range(HOPS):
                    found = await self._fetch_once(place, token, limit)
                    if isinstance(found, bytes):
                        return found
                    place = self._own(found, place)
        except (aiohttp.ClientError, OSError) as error:
            raise SlackUnreachableError(
                f"a file could not be fetched from Slack: {_why(error)}", taken=False
            ) from error
        raise SlackRefusedError("Slack sends from one address of the file to the next", "too_many_redirects")

    async def put(self, url: str, content: bytes) -> None:
        """Bring the bytes of a file to the address that Slack gave for them."""
        status = await self._post(self._own(url), "the bytes of a file", data=content)
        if status >= HTTPStatus.BAD_REQUEST:
            raise SlackRefusedError(f"Slack did not take the bytes of a file ({status})", f"http_{status}")

    async def respond(self, url: str, body: Mapping[str, Any]) -> None:
        """Answer where Slack said that an interaction may be answered."""
        status = await self._post(self._own(url), "an answer to an interaction", json=dict(body))
        if status >= HTTPStatus.BAD_REQUEST:
            raise SlackRefusedError(f"Slack did not take an answer to an interaction ({status})", f"http_{status}")

    async def _post(self, place: str, what: str, **content: Any) -> int:  # noqa: ANN401 - as aiohttp takes it
        try:
            async with (
                asyncio.timeout(FILE_SECONDS),
                self._session().post(place, allow_redirects=False, proxy=proxy_for(place), **content) as answer,
            ):
                await answer.read()
        except (aiohttp.ClientError, OSError) as error:
            raise _broken(what, error) from error
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            raise _limited(what, _lower(answer.headers))
        if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise SlackUnreachableError(f"Slack answered {answer.status} to {what}", taken=None)
        return answer.status

    async def _fetch_once(self, place: str, token: str, limit: int) -> bytes | str:
        """The file, or where it says that it is."""
        headers = {"Authorization": f"Bearer {token}"}
        asked = self._session().get(place, headers=headers, allow_redirects=False, proxy=proxy_for(place))
        async with asked as answer:
            if answer.status in (301, 302, 303, 307, 308):
                return answer.headers.get("Location", "")
            _check_file(answer)
            content = bytearray()
            async for chunk in answer.content.iter_chunked(CHUNK):
                content += chunk
                if len(content) > limit:
                    raise SlackRefusedError(f"the file is larger than {limit} bytes", "file_too_large")
        return bytes(content)

    def _own(self, url: str, seen_from: str = "") -> str:
        """The address, if it is one of Slack's own: nobody else is shown a token, or handed what people wrote."""
        place = own_address(url, self._api_url, seen_from)
        if place is None:
            raise SlackRefusedError("an address that is not Slack's own was not opened", "not_slack")
        return place

    def _session(self) -> aiohttp.ClientSession:
        if self._client.session is None:
            self._client.session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_SECONDS, sock_read=SILENCE_SECONDS),
                connector=aiohttp.TCPConnector(limit=AT_ONCE),
                cookie_jar=aiohttp.DummyCookieJar(),
            )
        return self._client.session


def as_form(arguments: Mapping[str, Any]) -> dict[str, str]:
    """Arguments as every method takes them: a form, with lists and mappings as JSON. None is left out."""
    return {name: _as_text(value) for name, value in arguments.items() if value is not None}


def _as_text(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace").decode()  # half a surrogate pair would make the whole call impossible


def _refusal(method: str, response: Any) -> IntakebotError:  # noqa: ANN401 - the client hands over either of two classes
    """The error that an answer without `ok` means."""
    status = int(getattr(response, "status_code", None) or getattr(response, "status", None) or 0)
    body = getattr(response, "data", None)
    body = body if isinstance(body, dict) else {}
    error = str(body.get("error") or "")
    if status == HTTPStatus.TOO_MANY_REQUESTS or error in _TOO_OFTEN:
        return _limited(method, _lower(response.headers))
    if not error or status >= HTTPStatus.INTERNAL_SERVER_ERROR or error in _HALF_WAY:
        return SlackUnreachableError(f"Slack gave no usable answer to {method} ({error or status})", taken=None)
    if error in _NOT_BEGUN:
        return SlackUnreachableError(f"Slack cannot do {method} just now ({error})", taken=False)
    return _refused(method, error, body)


def _refused(method: str, error: str, body: Mapping[str, Any]) -> SlackRefusedError:
    needed = str(body.get("needed") or "")
    metadata = body.get("response_metadata")
    details = metadata.get("messages") if isinstance(metadata, dict) else None
    details = details or body.get("errors")
    more = [_detail(one) for one in details[:3]] if isinstance(details, list) else []
    if needed:
        more = [f"the app lacks the scope {needed}: add it to the app and install the app again"]
    return SlackRefusedError("; ".join([f"Slack refused {method}: {error}", *more]), error, needed)


def _detail(detail: object) -> str:
    """One thing that Slack objects to: a sentence, or what blocks.validate says of a place in a layout."""
    if isinstance(detail, dict):
        return f"{detail.get('pointer') or ''} {detail.get('message') or detail.get('code') or ''}".strip()
    return str(detail)


def _limited(what: str, headers: Mapping[str, str]) -> SlackLimitedError:
    asked = headers.get("retry-after", "")
    seconds = int(asked) if _DIGITS.fullmatch(asked) else WAIT_ANYWAY
    sentence = f"Slack wants {seconds} s of rest before {what} is tried again"
    return SlackLimitedError(sentence, timedelta(seconds=seconds))


def _broken(what: str, error: Exception) -> SlackUnreachableError:
    """No answer. Who never got a connection has certainly sent nothing."""
    never_sent = isinstance(error, (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL))
    return SlackUnreachableError(f"Slack cannot be reached for {what}: {_why(error)}", False if never_sent else None)


def _why(error: Exception) -> str:
    return "it took too long" if isinstance(error, TimeoutError) else type(error).__name__


def _check_file(answer: aiohttp.ClientResponse) -> None:
    """Raise unless this is the file: whoever may not have it is shown a page to log in, with status 200."""
    if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
        raise _limited("a file", _lower(answer.headers))
    if answer.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        raise SlackUnreachableError(f"Slack answered {answer.status} when a file was fetched", taken=False)
    if answer.status != HTTPStatus.OK:
        raise SlackRefusedError(f"Slack answered {answer.status} when a file was fetched", f"http_{answer.status}")
    attached = answer.headers.get("Content-Disposition", "").startswith("attachment")
    if answer.content_type == "text/html" and not attached:
        sentence = "Slack showed a page to log in instead of the file: does the app have the scope files:read?"
        raise SlackRefusedError(sentence, "login_page", "files:read")


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}

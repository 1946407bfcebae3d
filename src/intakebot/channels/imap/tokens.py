"""Access tokens of mailboxes that are entered by OAuth 2: from Microsoft 365, Google, or any token endpoint.

Called in a mailbox's own thread, since asking takes seconds. The libraries of Microsoft and Google are an extra
(`pip install intakebot[oauth]`) and imported only where they are used; `TokenEndpoint` needs neither.
"""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from http.client import HTTPException
from pathlib import Path
from typing import Any

from intakebot.domain.errors import MailboxError

MICROSOFT_SCOPE = "https://outlook.office365.com/.default"
MICROSOFT_AUTHORITY = "https://login.microsoftonline.com/"
GOOGLE_SCOPE = "https://mail.google.com/"
PATIENCE = 20.0
EARLIER = timedelta(minutes=5)
"""So long before its end a token is not used any more."""
_IN_TROUBLE = (429, *range(500, 600))
"""Answers of an endpoint that has not looked at what we asked: a person need not mend anything here."""


class MicrosoftTokens:
    """Client credentials of an app that was registered with Microsoft; `web` replaces how msal reaches the network."""

    def __init__(self, tenant: str, client_id: str, client_secret: str, web: Any = None) -> None:  # noqa: ANN401 - msal's own
        self._tenant, self._client_id, self._client_secret, self._web = tenant, client_id, client_secret, web
        self._app: Any = None

    def token(self, *, fresh: bool) -> str:
        """From msal's memory, or from Microsoft."""
        try:
            import msal  # noqa: PLC0415 - an extra
        except ImportError as error:
            raise _missing_extra("Microsoft") from error
        try:
            if self._app is None or fresh:  # a new one remembers no token
                self._app = msal.ConfidentialClientApplication(
                    self._client_id,
                    client_credential=self._client_secret,
                    authority=f"{MICROSOFT_AUTHORITY}{self._tenant}",
                    http_client=self._web,
                    timeout=None if self._web else PATIENCE,
                )
            answer = self._app.acquire_token_for_client(scopes=[MICROSOFT_SCOPE])
        except OSError as error:
            raise MailboxError("unreachable", f"no token from Microsoft: {_first_line(error)}") from error
        except ValueError as error:  # so msal says that there is no such tenant
            raise MailboxError("login", f"no token from Microsoft: {_first_line(error)}") from error
        return _token_of(answer, "Microsoft")


class GoogleTokens:
    """A service account that may act for everybody of a domain (domain-wide delegation); `web` as in google-auth."""

    def __init__(self, service_account: Path, user: str, web: Any = None) -> None:  # noqa: ANN401 - google-auth's own
        self._service_account, self._user, self._web = service_account, user, web
        self._credentials: Any = None

    def token(self, *, fresh: bool) -> str:
        """The token at hand while it is valid, else one from Google."""
        try:
            from google.auth.exceptions import GoogleAuthError, TransportError  # noqa: PLC0415 - an extra
            from google.auth.transport.requests import Request  # noqa: PLC0415
            from google.oauth2 import service_account  # noqa: PLC0415
        except ImportError as error:
            raise _missing_extra("Google") from error
        try:
            if self._credentials is None:
                make: Any = service_account.Credentials.from_service_account_file
                self._credentials = make(str(self._service_account), scopes=[GOOGLE_SCOPE], subject=self._user)
            if fresh or not self._credentials.valid:
                self._credentials.refresh(self._web or Request())
        except TransportError as error:
            raise MailboxError("unreachable", f"no token from Google: {_first_line(error)}") from error
        except (GoogleAuthError, ValueError, OSError) as error:
            raise MailboxError("login", f"no token from Google: {_first_line(error)}") from error
        return str(self._credentials.token)


class TokenEndpoint:
    """RFC 6749: a refresh token (section 6) where there is one, else client credentials (section 4.4)."""

    def __init__(self, url: str, asked: Mapping[str, str], now: Callable[[], datetime]) -> None:
        self._url = url
        self._asked = {name: value for name, value in asked.items() if value}
        self._now = now
        self._token = ""
        self._until: datetime | None = None

    def token(self, *, fresh: bool) -> str:
        """The token at hand while it is valid, else a new one; a refresh token that comes with it replaces ours."""
        if fresh or self._until is None or self._now() >= self._until:
            answer = self._post()
            self._token = _token_of(answer, self._url)
            if "refresh_token" in self._asked and isinstance(answer.get("refresh_token"), str):
                self._asked["refresh_token"] = answer["refresh_token"]
            seconds = answer.get("expires_in", 3600)
            lasts = timedelta(seconds=float(seconds)) if isinstance(seconds, int | float) else timedelta(hours=1)
            self._until = self._now() + max(lasts - EARLIER, timedelta())
        return self._token

    def _post(self) -> Mapping[str, Any]:
        grant = "refresh_token" if "refresh_token" in self._asked else "client_credentials"
        body = urllib.parse.urlencode({"grant_type": grant, **self._asked}).encode()
        request = urllib.request.Request(self._url, body, {"Accept": "application/json"})  # noqa: S310 - config takes https only, http on loopback
        context = ssl.create_default_context() if self._url.startswith("https:") else None
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE, context=context) as answer:  # noqa: S310 - same
                return _parsed(answer.read(1 << 20))
        except urllib.error.HTTPError as error:
            with error:
                if error.code in _IN_TROUBLE:
                    raise MailboxError("unreachable", f"{self._url} gives no token: {error}") from error
                return _parsed(error.read(1 << 20))
        except (OSError, HTTPException) as error:
            raise MailboxError("unreachable", f"{self._url} gives no token: {_first_line(error)}") from error


def _parsed(body: bytes) -> Mapping[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}


def _token_of(answer: Mapping[str, Any] | None, who: str) -> str:
    """The token, or MailboxError with the reason that was given; never what was asked with."""
    token = (answer or {}).get("access_token")
    if isinstance(token, str) and token:
        return token
    reason = (answer or {}).get("error_description") or (answer or {}).get("error") or "no access token in the answer"
    raise MailboxError("login", f"no token from {who}: {str(reason).splitlines()[0][:300]}")


def _missing_extra(who: str) -> MailboxError:
    return MailboxError("login", f"tokens from {who} need an extra: pip install 'intakebot[oauth]'")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:300]

"""The Web API: reads a call, checks its token, its limits and its faults, runs the method, answers and records.

Slack answers refusals with 200 and `ok: false`; only rate limits and broken servers have another status.
"""

from __future__ import annotations

from base64 import b64decode
from typing import TYPE_CHECKING

from aiohttp import web

from fakes.slack import method_modules
from fakes.slack.acts import Acts
from fakes.slack.app import App
from fakes.slack.arguments import read_arguments
from fakes.slack.faults import PAGE, SLOW_SECONDS, Fault, Faults, drop
from fakes.slack.limits import Limits
from fakes.slack.records import Json, Token
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import METHODS, Call, Method
from fakes.slack.scrutiny import Scrutiny
from fakes.slack.shapes import Shapes
from fakes.slack.stacks import Stacks
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

if TYPE_CHECKING:
    from fakes.slack.fake import FakeSlack

assert method_modules.ALL

FORM_ERRORS = frozenset(
    {
        "invalid_arguments",
        "invalid_blocks_format",
        "invalid_cursor",
        "invalid_json",
        "invalid_metadata_format",
        "invalid_metadata_schema",
        "invalid_post_type",
        "json_not_object",
        "metadata_too_large",
        "no_text",
    }
)


class WebApi:
    """Knows the whole fake, which hands itself over; `calls` is everything that was called."""

    def __init__(self, slack: FakeSlack) -> None:
        self.state: State = slack.state
        self.acts: Acts = slack.acts
        self.shapes: Shapes = slack.shapes
        self.limits: Limits = slack.limits
        self.faults: Faults = slack.faults
        self.verdict: Verdict = slack.verdict
        self.scrutiny: Scrutiny = slack.scrutiny
        self.stacks: Stacks = slack.stacks
        self.app: App = slack.app
        self.uploads = slack.places.uploads
        self.open_socket = slack.socket_door.open
        self.calls: list[Call] = []

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one call."""
        call = Call(request.match_info["method"], {}, None, self.state.clock.time(), self)
        self.calls.append(call)
        self.verdict.see_host(request)
        try:
            call.arguments = await read_arguments(request, call.warnings)
            call.shown_token = _shown_token(request, call)
            _read_basic(request, call)
            response = await self._answer(request, call)
        except RefusedError as refused:
            response = self._refuse(call, refused)
        self.state.changed()
        return response

    async def _answer(self, request: web.Request, call: Call) -> web.StreamResponse:
        method = METHODS.get(call.method)
        if method is None:
            self.verdict.fail("unknown-method", f"{call.method} is not in the fake's table of methods")
            raise RefusedError("unknown_method", req_method=call.method)
        self._authenticate(call, method)
        fault = self.faults.strike(call)
        if fault and (broken := await self._break(request, call, fault)):
            return broken
        wait = self.limits.take(call, method.tier)
        if wait:
            return self._limited(call, wait)
        found = method.run(call)
        call.answer = {"ok": True, **found, **self._warned(call, found)}
        if fault and fault.kind == "drop_after_store":
            return drop(request)
        return web.json_response(call.answer, headers=self._headers(call, method))

    async def _break(self, request: web.Request, call: Call, fault: Fault) -> web.Response | None:
        if fault.kind.startswith("error:"):
            raise RefusedError(fault.kind.removeprefix("error:"))
        if fault.kind == "slow":
            await self.state.clock.until(self.state.clock.time() + SLOW_SECONDS, fault.gate)
        if fault.kind == "ratelimited":
            self.limits.refuse(call, METHODS[call.method].tier, fault.retry_after)
            return self._limited(call, fault.retry_after)
        if fault.kind == "timeout_before":
            return drop(request)
        if fault.kind == "html":
            return web.Response(text=PAGE, content_type="text/html")
        if fault.kind in ("500", "503"):
            call.status = int(fault.kind)
            return web.Response(status=call.status, text="upstream connect error", content_type="text/plain")
        return None

    def _authenticate(self, call: Call, method: Method) -> None:
        if not method.tokens:
            return
        token = self._token(call)
        call.token = token
        if token.kind not in method.tokens:
            raise RefusedError("not_allowed_token_type")
        if method.scopes and not token.scopes.intersection(method.scopes):
            provided = ",".join(sorted(token.scopes))
            self.verdict.fail("missing-scope", f"{call.method} needs {method.scopes[0]}")
            raise RefusedError("missing_scope", needed=method.scopes[0], provided=provided)

    def _token(self, call: Call) -> Token:
        if not call.shown_token:
            self.verdict.fail("token", f"{call.method} was called without a token")
            raise RefusedError("not_authed")
        token = self.state.tokens.get(call.shown_token)
        if token is None:
            self.verdict.fail("token", f"{call.method} was called with an unknown token")
            raise RefusedError("invalid_auth")
        if token.revoked:
            self.verdict.fail("token", f"{call.method} was called with a revoked token")
            raise RefusedError("token_revoked")
        if token.expires is not None and token.expires <= call.at:
            self.verdict.fail("token", f"{call.method} was called with an expired token")
            raise RefusedError("token_expired")
        return token

    def _refuse(self, call: Call, refused: RefusedError) -> web.Response:
        if refused.code in FORM_ERRORS and "errors" not in refused.fields and not call.fault:
            self.verdict.fail("arguments", f"{call.method} was refused: {refused.code}")
        call.answer = {"ok": False, "error": refused.code, **refused.fields, **self._warned(call, refused.fields)}
        return web.json_response(call.answer)

    def _limited(self, call: Call, wait: int) -> web.Response:
        call.status = 429
        call.answer = {"ok": False, "error": "ratelimited"}
        return web.json_response(call.answer, status=429, headers={"Retry-After": str(wait)})

    @staticmethod
    def _warned(call: Call, found: Json) -> Json:
        if not call.warnings:
            return {}
        metadata = {**found.get("response_metadata", {}), "warnings": list(call.warnings)}
        return {"warning": ",".join(call.warnings), "response_metadata": metadata}

    @staticmethod
    def _headers(call: Call, method: Method) -> dict[str, str]:
        if call.token is None:
            return {}
        scopes = {"x-oauth-scopes": ",".join(sorted(call.token.scopes))}
        return scopes | ({"x-accepted-oauth-scopes": ",".join(method.scopes)} if method.scopes else {})


def _read_basic(request: web.Request, call: Call) -> None:
    """Client id and secret may come as the user and password of the request."""
    header = request.headers.get("Authorization", "")
    if header.startswith("Basic "):
        login, _, password = b64decode(header.removeprefix("Basic ")).decode().partition(":")
        call.arguments |= {"client_id": login, "client_secret": password}


def _shown_token(request: web.Request, call: Call) -> str:
    header = request.headers.get("Authorization", "")
    argument = str(call.arguments.pop("token", "") or "")
    return header.removeprefix("Bearer ").strip() if header else argument

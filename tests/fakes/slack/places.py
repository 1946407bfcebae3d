"""The fake's other addresses: uploads, downloads, and the answers that an app posts to a response_url."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from fakes.slack.acts import Acts, name_blocks
from fakes.slack.app import App
from fakes.slack.records import Json, Message, ResponseUrl, StoredFile
from fakes.slack.refusal import RefusedError
from fakes.slack.scrutiny import Scrutiny
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

LOGIN_PAGE = "<!DOCTYPE html><html><head><title>Sign in | Slack</title></head><body>Sign in to Acme</body></html>"
USES, SECONDS = 5, 30 * 60


@dataclass
class Places:
    """`uploads` are addresses that wait for bytes; `broken_uploads` lets so many of them fail half-way."""

    state: State
    acts: Acts
    app: App
    scrutiny: Scrutiny
    verdict: Verdict
    uploads: dict[str, tuple[StoredFile, int]] = field(default_factory=dict)
    broken_uploads: int = 0
    responses: list[Json] = field(default_factory=list)

    async def upload(self, request: web.Request) -> web.StreamResponse:
        """Bytes arrive, raw or as the one part of a form."""
        self.verdict.see_host(request)
        if self.broken_uploads > 0:
            self.broken_uploads -= 1
            if request.transport is not None:
                request.transport.abort()
            return web.Response(status=500)
        file, length = self.uploads.pop(request.match_info["secret"], (None, 0))
        if file is None:
            return web.Response(status=404, text="not_found")
        file.content = await _content(request)
        if len(file.content) != length:
            return web.Response(status=400, text=f"expected {length} bytes, got {len(file.content)}")
        return web.Response(text=f"OK - {length}")

    async def download(self, request: web.Request) -> web.StreamResponse:
        """A file for who may have it; everybody else is shown a login page, with 200."""
        self.verdict.see_host(request)
        file = self.state.files.get(request.match_info["place"].partition("-")[2])
        token = self.state.tokens.get(request.headers.get("Authorization", "").removeprefix("Bearer "))
        allowed = token is not None and not token.revoked and "files:read" in token.scopes and token.kind == "bot"
        if file is None or not allowed:
            return web.Response(text=LOGIN_PAGE, content_type="text/html")
        headers = {"Content-Disposition": f'attachment; filename="{file.name}"'}
        return web.Response(body=file.content, content_type=file.mimetype, headers=headers)

    async def respond(self, request: web.Request) -> web.StreamResponse:
        """The app answers an interaction."""
        self.verdict.see_host(request)
        place = self.state.response_urls.get(request.path)
        if place is None:
            return web.Response(status=404, text="no_such_url")
        if place.uses >= USES:
            return web.Response(status=404, text="used_url")
        if self.state.clock.time() - place.at > SECONDS:
            return web.Response(status=404, text="expired_url")
        place.uses += 1
        body = await request.json()
        self.responses.append(body)
        try:
            self.answer(place, body)
        except RefusedError as refused:
            return web.json_response({"ok": False, "error": refused.code}, status=400)
        self.state.changed()
        return web.Response(text="ok")

    def answer(self, place: ResponseUrl, body: Json) -> Message | None:
        """Show what the app answers: to that person, or to the channel."""
        original = place.message
        if body.get("delete_original") and original:
            self._take_away(original)
            return None
        if body.get("replace_original") and original:
            return self._replace(original, body)
        message = self._message(place, body)
        if body.get("response_type") == "in_channel":
            return self.acts.post(place.channel, message, app_message=True)
        message.ephemeral_to = place.user
        name_blocks(message.blocks, self.state)
        self.state.ephemerals[place.user].append(message)
        self.state.changed()
        return message

    def _message(self, place: ResponseUrl, body: Json) -> Message:
        team = place.channel.team
        message = Message(place.channel, self.state.new_ts(), team.bot_user, str(body.get("text") or ""), team=team)
        message.bot_id, message.app_id = team.bot_id, self.app.app_id
        message.blocks = self.scrutiny.blocks(body.get("blocks"), "response_url")
        message.thread_ts = body.get("thread_ts")
        if not message.text and not message.blocks:
            raise RefusedError("no_text")
        self.scrutiny.message(message, "response_url")
        return message

    def _take_away(self, original: Message) -> None:
        if original.ephemeral_to:
            self.state.ephemerals[original.ephemeral_to].remove(original)
        else:
            self.acts.delete(original)

    def _replace(self, original: Message, body: Json) -> Message:
        fields: dict[str, Any] = {"text": str(body.get("text") or "")}
        fields["blocks"] = self.scrutiny.blocks(body.get("blocks"), "response_url")
        if original.ephemeral_to:
            original.text, original.blocks = fields["text"], fields["blocks"]
            name_blocks(original.blocks, self.state)
            return original
        return self.acts.change(original, original.user, silent=True, **fields)


async def _content(request: web.Request) -> bytes:
    if not request.content_type.startswith("multipart/"):
        return await request.read()
    for value in (await request.post()).values():
        if isinstance(value, web.FileField):
            content: bytes = value.file.read()
            return content
    return b""

"""How the arguments of a Web API call arrive: query, form, multipart or JSON, and JSON texts within the first three."""

from __future__ import annotations

import json
from typing import Any

from aiohttp import web

from fakes.slack.records import Json
from fakes.slack.refusal import RefusedError

JSON_FIELDS = frozenset(
    {"blocks", "attachments", "view", "metadata", "files", "unfurls", "message", "profile", "prompts", "channels"}
)
JSON_TYPE = "application/json"
FORM_TYPES = ("application/x-www-form-urlencoded", "multipart/form-data", "")


async def read_arguments(request: web.Request, warnings: list[str]) -> Json:
    """All arguments of a call; `token` among them is left in."""
    given: Json = dict(request.query.items())
    if request.method == "POST":
        if request.content_type == JSON_TYPE:
            given |= await _json_body(request, warnings)
        elif request.content_type in FORM_TYPES or not request.body_exists:
            given |= {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        elif request.body_exists and await request.read():
            raise RefusedError("invalid_post_type")
    return {name: _read(name, value) for name, value in given.items()}


async def _json_body(request: web.Request, warnings: list[str]) -> Json:
    if request.charset is None:
        warnings.append("missing_charset")
    try:
        body = json.loads(await request.read() or b"{}")
    except ValueError as error:
        raise RefusedError("invalid_json") from error
    if not isinstance(body, dict):
        raise RefusedError("json_not_object")
    return body


def _read(name: str, value: Any) -> Any:
    if name not in JSON_FIELDS or not isinstance(value, str) or not value.lstrip().startswith(("[", "{")):
        return value
    try:
        return json.loads(value)
    except ValueError as error:
        raise RefusedError("invalid_blocks_format" if name == "blocks" else "invalid_arguments") from error

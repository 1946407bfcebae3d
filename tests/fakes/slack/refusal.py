"""How the fake Web API says no: an error code as Slack names it, with the fields that come along."""

from __future__ import annotations

from typing import Any


class RefusedError(Exception):
    """`code` is Slack's word (`channel_not_found`); `fields` stand beside it in the answer."""

    def __init__(self, code: str, **fields: Any) -> None:
        super().__init__(code)
        self.code = code
        self.fields = fields

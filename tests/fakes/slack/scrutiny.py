"""Looks at everything that the app writes, however it comes in, and holds against it what must never happen.

`allow_mention` of the verdict is not needed for mentions of people that the app makes itself: only those are held
against it that stand where a caller's words stand.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from fakes.slack.block_check import check_message, check_view, refuse, too_large, too_long
from fakes.slack.mrkdwn import Token, live_texts, tokens, typed_names
from fakes.slack.records import Json, Message
from fakes.slack.refusal import RefusedError
from fakes.slack.state import State
from fakes.slack.verdict import Verdict

ROW_NAMES = ("outbox_id", "outbox", "delivery_id", "delivery", "post_id", "post", "row_id", "row")
NEIGHBOURHOOD = 8


@dataclass
class Scrutiny:
    """One for each fake. `rows` are the outbox rows seen in metadata; `mentions` is the log of mass mentions."""

    state: State
    verdict: Verdict
    rows: dict[str, str] = field(default_factory=dict)
    mentions: list[tuple[str, str]] = field(default_factory=list)

    def blocks(self, blocks: Any, where: str) -> list[Json]:
        """The blocks, when Slack takes them; else refused as it does."""
        if blocks in (None, "", []):
            return []
        problems = check_message(blocks)
        if problems:
            for problem in problems:
                self.verdict.fail("limits", f"{where}: {problem.line()}")
            raise refuse("invalid_blocks", problems)
        if too_long(blocks):
            self.verdict.fail("limits", f"{where}: msg_blocks_too_long")
            raise RefusedError("msg_blocks_too_long")
        return copy.deepcopy(list(blocks))

    def view(self, view: Any, where: str) -> Json:
        """The view, when Slack takes it."""
        problems = check_view(view)
        if problems:
            for problem in problems:
                self.verdict.fail("limits", f"{where}: {problem.line()}")
            raise refuse("invalid_arguments", problems)
        if too_large(view):
            self.verdict.fail("limits", f"{where}: view_too_large")
            raise RefusedError("view_too_large")
        self._words(live_texts(view), where)
        return copy.deepcopy(dict(view))

    def message(self, message: Message, where: str, *, names_live: bool = False) -> None:
        """A message as the app has written it; with `names_live` Slack makes a mention of a typed @channel too."""
        if message.blocks and not message.text.strip():
            self.verdict.fail("fallback-text", f"{where}: blocks without a text")
        texts = [message.text, *live_texts(message.blocks), *live_texts(message.attachments)]
        self._words(texts, where)
        for name in typed_names(texts) if names_live else ():
            self.mentions.append((where, name))
            self.verdict.fail("mass-mention", f"{where}: {name} is live, since names are linked")

    def posted(self, message: Message) -> None:
        """A new message: its outbox row must not have been posted before."""
        row = outbox_row(message.metadata)
        if not row:
            return
        here = f"{message.channel.id}/{message.thread_ts or '-'}/{message.ts}"
        earlier = self.rows.setdefault(f"{message.channel.team.id}:{row}", here)
        if earlier != here:
            self.verdict.fail("same-outbox-id", f"{row} was posted as {earlier} and again as {here}")

    def _words(self, texts: Iterable[str], where: str) -> None:
        for text in texts:
            for token in tokens(text):
                if token.kind in ("broadcast", "group"):
                    self.mentions.append((where, token.raw))
                    self.verdict.fail("mass-mention", f"{where}: {token.raw} is live")
                elif token.kind in ("user", "channel", "link") and self._of_a_caller(token, text):
                    self.verdict.fail("caller-mention", f"{where}: {token.raw} of a caller's words is live")

    def _of_a_caller(self, token: Token, text: str) -> bool:
        return any(_quoted(token, text, said) for said in self.state.caller_texts if _may_hold(token, said))


def outbox_row(metadata: Json | None) -> str:
    """What tells a row of the app's outbox: a field with one of the usual names, else the whole payload."""
    if not metadata:
        return ""
    payload = metadata.get("event_payload") or {}
    for name in ROW_NAMES:
        if payload.get(name):
            return f"{name}={payload[name]}"
    return json.dumps(metadata, sort_keys=True) if payload else ""


def _may_hold(token: Token, said: str) -> bool:
    return token.raw in said or token.raw in unescape(said)


def _quoted(token: Token, text: str, said: str) -> bool:
    """Whether the token stands in `text` among the same words as in what the caller said."""
    for spoken in {said, unescape(said)}:
        at = spoken.find(token.raw)
        if at < 0:
            continue
        before, after = spoken[max(0, at - NEIGHBOURHOOD) : at], spoken[at + len(token.raw) :][:NEIGHBOURHOOD]
        around = [part for part in (before + token.raw, token.raw + after) if len(part) > len(token.raw)]
        if any(part in text for part in around) or (not around and token.raw == text.strip()):
            return True
        if token.kind == "link" and token.label:
            return True  # the app makes no link with a caller's label
    return False

"""A card and a modal as an app might show them."""

from __future__ import annotations

from typing import Any

CARD = [
    {"type": "section", "text": {"type": "mrkdwn", "text": "*C-1001* pump"}},
    {
        "type": "actions",
        "block_id": "verbs",
        "elements": [
            {"type": "button", "action_id": "take", "text": {"type": "plain_text", "text": "Take"}, "value": "1:1"},
            {
                "type": "overflow",
                "action_id": "more",
                "options": [{"text": {"type": "plain_text", "text": "Split case"}, "value": "split"}],
            },
        ],
    },
]


def modal(title: str = "Resolve", callback: str = "resolve") -> dict[str, Any]:
    text = {"type": "plain_text_input", "action_id": "text", "multiline": True, "min_length": 3}
    urgent = [{"text": {"type": "plain_text", "text": word.capitalize()}, "value": word} for word in ("high", "low")]
    return {
        "type": "modal",
        "callback_id": callback,
        "title": {"type": "plain_text", "text": title},
        "submit": {"type": "plain_text", "text": "Send"},
        "notify_on_close": True,
        "blocks": [
            {
                "type": "input",
                "block_id": "words",
                "label": {"type": "plain_text", "text": "Resolution"},
                "element": text,
            },
            {
                "type": "input",
                "block_id": "prio",
                "optional": True,
                "label": {"type": "plain_text", "text": "Priority"},
                "element": {"type": "static_select", "action_id": "prio", "options": urgent},
            },
        ],
    }

"""Answers of the house as they look, and as large and as nasty as they may get: what `layouts` draws. Pure."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, TypeAlias

Answer: TypeAlias = dict[str, Any]

NOW = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)
NASTY = (
    "<!channel> <@U012AB3CD> <https://evil.example|sign in> &lt;!here&gt; *b* _i_ ~s~ `c` ```\n> q\u202e:tada:\x1b[0m"
)
LONG = (NASTY + " words and 💧 more ") * 350
"""About as long as the longest message that the workspace takes."""
ONE_LONG_WORD = "🚰" * 2_000 + "水" * 20_000

SUGGESTION: Answer = {
    "category": "technical/no-service",
    "confidence": 0.871,
    "others": [{"category": "logistics/delivery", "confidence": 0.08}],
    "learned": 212,
    "right": 96,
    "of": 100,
}

CASE: Answer = {
    "id": 7290184437760000001,
    "number": 1001,
    "label": "C-1001",
    "version": 7,
    "status": "Taken in charge",
    "kind": "in-charge",
    "ended": False,
    "ended_as": None,
    "workflow": "crc-technical",
    "title": "No signal since this morning",
    "description": "Hello,\n\nsince 6 o'clock the box in the hall shows a red light and nobody here can phone.\n\nKari",
    "priority": "high",
    "queue": {"name": "noc", "title": "Network operations"},
    "owner": {"id": "alice", "name": "Alice Archer"},
    "assignee": None,
    "caller": {"name": "Kari Nordmann", "address": "kari@fjord.example", "channel": "email"},
    "customer": {"name": "Fjord Fisk", "reference": "FJORD", "tier": "gold"},
    "support_key": {"key": "KEY-123456", "state": "valid"},
    "agreements": [
        {"kind": "support", "reference": "SA-7", "state": "valid", "policy": "gold", "valid_to": "2027-06-30"},
        {"kind": "customer", "reference": "CA-2", "state": "expired", "policy": "standard", "valid_to": "2026-10-31"},
    ],
    "category": "technical/no-signal",
    "why": ["classify: rule signal-lost (30-classify.yaml:12) because text contains 'red light'; sets category"],
    "tags": ["outage"],
    "markers": [],
    "missing": ["business-object"],
    "opened_at": "2026-11-24T06:40:00+00:00",
    "respond_by": "2026-11-24T08:40:00+00:00",
    "solve_by": "2026-11-24T18:40:00+00:00",
    "resolved_at": None,
    "closed_at": None,
    "source": {"channel": "email", "permalink": ""},
    "last_comment": {
        "by": "Alice Archer",
        "at": "2026-11-24T12:10:00+00:00",
        "kind": "work_info",
        "text": "Port 7 in the cabinet is down; a technician is on the way.",
    },
    "last_message": {"sender": "Kari Nordmann", "at": "2026-11-24T11:02:00+00:00", "text": "It is still dark here."},
    "messages_count": 2,
    "resolution": None,
    "tasks": [
        {
            "id": 71,
            "title": "Swap the card in cabinet 7",
            "status": "Queued",
            "queue": "field",
            "assignee": None,
            "handover": "",
        },
        {
            "id": 72,
            "title": "Check the box in the hall",
            "status": "Accepted",
            "queue": "",
            "assignee": "bob",
            "handover": "SO-4711",
        },
    ],
    "proposed_tasks": [],
    "allowed": [
        {"verb": "move", "action": "escalate", "label": "Escalate"},
        {"verb": "resolve", "action": "resolve", "label": "Resolve"},
        {"verb": "answer-and-close", "action": "answer and close", "label": "Answer and close"},
    ],
    "proposals": [],
    "files": [{"name": "red-light.jpg", "size": 48213, "media_type": "image/jpeg"}],
    "links": [{"label": "C-998", "relation": "predecessor", "title": "Box does not start"}],
    "undelivered": [],
}

WAITING: Answer = CASE | {
    "number": 1002,
    "label": "C-1002",
    "version": 2,
    "status": "Pending",
    "kind": "waiting",
    "workflow": "crc",
    "title": "Where is my router?",
    "priority": "normal",
    "queue": {"name": "triage", "title": "Triage"},
    "owner": None,
    "caller": {"name": "Ola", "address": "t1/u7", "channel": "slack"},
    "customer": None,
    "support_key": {"key": "KEY-999999", "state": "claimed"},
    "agreements": [],
    "category": "",
    "missing": ["customer", "classification"],
    "source": {"channel": "slack", "permalink": "https://acme.slack.com/archives/C1/p1700000000000100"},
    "last_comment": None,
    "last_message": None,
    "tasks": [],
    "proposed_tasks": [
        {
            "title": "Ask the depot for the parcel",
            "queue": "support",
            "assignee": "",
            "handover": "",
            "handover_kind": "return_material_authorisation",
        }
    ],
    "allowed": [
        {"verb": "take", "action": "take", "label": "Take"},
        {"verb": "move", "action": "escalate", "label": "Escalate"},
    ],
    "proposals": [
        {"reference": "FJORD", "name": "Fjord Fisk", "sentence": "the e-mail of the profile is one of its callers'"}
    ],
    "files": [],
    "links": [],
}

RESOLVED: Answer = CASE | {
    "version": 9,
    "status": "Resolved",
    "kind": "resolved",
    "resolved_at": "2026-11-24T14:30:00+00:00",
    "resolution": {
        "text": "The card in the cabinet was swapped; the light is green again.",
        "by": "Alice Archer",
        "entered_at": "2026-11-24T14:30:00+00:00",
        "sent_at": None,
        "state": "bounced",
    },
    "tasks": [{"id": 71, "title": "Swap the card", "status": "Completed", "queue": "field", "assignee": "bob"}],
    "allowed": [
        {"verb": "close", "action": "close", "label": "Close"},
        {"verb": "reopen", "action": "reopen", "label": "Reopen"},
    ],
    "undelivered": [{"id": 81, "kind": "resolution", "state": "bounced", "answer": "550 5.1.1 no such user"}],
}

DRAFTED: Answer = RESOLVED | {"resolution": RESOLVED["resolution"] | {"state": "draft"}, "undelivered": []}

CLOSED: Answer = RESOLVED | {
    "version": 12,
    "status": "Closed",
    "kind": "closed",
    "ended": True,
    "closed_at": "2026-12-04T14:30:00+00:00",
    "resolution": RESOLVED["resolution"] | {"state": "sent", "sent_at": "2026-11-24T14:31:00+00:00"},
    "allowed": [],
    "undelivered": [],
}

VOID: Answer = WAITING | {"ended": True, "ended_as": "void", "allowed": []}


def nasty(answer: Any, text: str = LONG, times: int = 60) -> Any:  # noqa: ANN401 - any answer of the house
    """The same answer with `text` in every place where somebody may have typed, and lists as long as they get.

    What the house itself decides (numbers, times, states, verbs) stays as it is.
    """
    if isinstance(answer, dict):
        return {name: inner if name in _HOUSE else nasty(inner, text, times) for name, inner in answer.items()}
    if isinstance(answer, list):
        return [nasty(one, text, times) for one in answer] * (times if len(answer) < times else 1)
    return text if isinstance(answer, str) else answer


_HOUSE = frozenset(
    {
        "id", "number", "label", "version", "kind", "ended", "allowed", "opened_at", "respond_by", "solve_by", "at",
        "resolved_at", "closed_at", "entered_at", "sent_at", "valid_to", "state", "verb", "oldest_waiting_at", "case",
    }
)  # fmt: skip

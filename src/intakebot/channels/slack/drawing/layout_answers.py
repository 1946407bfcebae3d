"""Further answers of the house as they look, beside the cases of `layout_samples`: what `layouts` draws. Pure."""

from __future__ import annotations

from intakebot.channels.slack.drawing.layout_samples import CASE, RESOLVED, WAITING, Answer

_NOTHING: Answer = {"outcome": {}, "rules": [], "conflicts": [], "also": [], "nearly": [], "shadow": []}
_RED_LIGHT: Answer = {
    "field": "body",
    "before": "the box in the hall shows a ",
    "words": "red light",
    "after": " and nobody here can phone.",
    "line": 3,
    "column": 43,
    "offset": 50,
}

MESSAGE: Answer = {
    "id": 61,
    "sender": "Kari Nordmann",
    "at": "2026-11-24T11:02:00+00:00",
    "subject": "Re: No signal",
    "text": "It is still dark here.\n\nOn Tuesday you wrote: …",
    "new_text": "It is still dark here.",
    "files": [{"name": "red-light.jpg", "size": 48213, "media_type": "image/jpeg"}],
}
COMMENT: Answer = {
    "id": 62,
    "by": "agent:bob",
    "at": "2026-11-24T12:10:00+00:00",
    "kind": "work_info",
    "text": "Port 7 in the cabinet is down.",
}
DELIVERY: Answer = {
    "id": 63,
    "kind": "resolution",
    "channel": "email",
    "recipient": "kari@fjord.example",
    "recipient_name": "Kari Nordmann",
    "subject": "Re: No signal [C-1001]",
    "text": "Hello Kari,\n\nthe card in the cabinet was swapped; the light is green again.\n\nSupport",
    "automatic": False,
    "state": "sent",
    "answer": "250 2.0.0 queued",
    "created_at": "2026-11-24T14:30:00+00:00",
    "settled_at": "2026-11-24T14:31:00+00:00",
    "files": [],
}
HELD: Answer = DELIVERY | {"state": "held", "answer": "the connection broke after the message had been handed over"}
WHOLE: Answer = {"messages": [MESSAGE], "comments": [COMMENT], "deliveries": [DELIVERY, HELD]}

ROW: Answer = {
    "number": 1001,
    "label": "C-1001",
    "title": CASE["title"],
    "status": CASE["status"],
    "priority": "high",
    "queue": "noc",
    "customer": "Fjord Fisk",
    "solve_by": CASE["solve_by"],
    "resolved_at": None,
    "closed_at": None,
}
LATE_ROW: Answer = ROW | {
    "number": 1002,
    "label": "C-1002",
    "title": WAITING["title"],
    "status": "Pending",
    "queue": "triage",
    "customer": None,
    "solve_by": "2026-11-24T09:40:00+00:00",
}
HOME: Answer = {
    "agent": {"id": "alice", "name": "Alice Archer"},
    "mine": [ROW],
    "mine_total": 1,
    "queues": [
        {
            "name": "noc",
            "title": "Network operations",
            "waiting": 3,
            "in_charge": 2,
            "oldest_waiting_at": WAITING["opened_at"],
        },
        {"name": "triage", "title": "Triage", "waiting": 0, "in_charge": 0, "oldest_waiting_at": None},
    ],
    "unclaimed": [LATE_ROW],
    "unclaimed_total": 1,
    "undelivered": [
        {
            "id": 81,
            "case": RESOLVED["number"],
            "label": RESOLVED["label"],
            "kind": "resolution",
            "state": "failed",
            "answer": "550 5.1.1 no such user",
            "recipient": "kari@fjord.example",
        }
    ],
    "page": 1,
    "pages": 1,
}
EMPTY_HOME: Answer = HOME | {
    "mine": [], "mine_total": 0, "queues": [], "unclaimed": [], "unclaimed_total": 0, "undelivered": [],
}  # fmt: skip
FULL_HOME: Answer = HOME | {
    "mine": [ROW] * 500,
    "mine_total": 500,
    "queues": HOME["queues"] * 40,
    "unclaimed": [LATE_ROW] * 500,
    "unclaimed_total": 1_500,
    "undelivered": HOME["undelivered"] * 40,
    "page": 2,
    "pages": 25,
}
FOUND: Answer = {
    "total": 23,
    "cases": [ROW | {"why": "the resolution has “red light”"}, LATE_ROW | {"why": "the title has it"}],
}

CHOICES: Answer = {
    "queues": [
        {"name": "noc", "title": "Network operations", "workflows": ["crc-technical"]},
        {"name": "crc", "title": "Customer relations", "workflows": ["crc", "crc-technical"]},
        {"name": "support", "title": "Product support", "workflows": ["manage-case"]},
    ],
    "agents": [
        {"id": "alice", "name": "Alice Archer", "queues": ["noc"]},
        {"id": "bob", "name": "Bob", "queues": ["crc"]},
    ],
    "categories": ["technical/no-signal", "technical/slow", "commercial", "cancellation/before-activation"],
    "priorities": ["low", "normal", "high", "urgent"],
    "markers": ["NNR"],
}
MANY_CHOICES: Answer = CHOICES | {
    "queues": [
        {
            "name": f"queue-{number}",
            "title": f"Queue {number} " + "of many words " * 20,
            "workflows": ["crc", "crc-technical"],
        }
        for number in range(150)
    ],
    "agents": [{"id": f"agent-{number}", "name": f"Agent {number} " * 30, "queues": []} for number in range(450)],
    "categories": [f"technical/{number}/" + "part/" * 40 for number in range(50)]
    + [f"c/{number}" for number in range(250)],
}
TEMPLATES: list[Answer] = [
    {"name": "restart", "subject": "Please restart your box", "languages": ["en", "de"]},
    {"name": "swapped", "subject": "We have swapped a part", "languages": ["en"]},
]
SUGGESTIONS: list[Answer] = [
    {
        "text": "The card in the cabinet was swapped.",
        "template": "",
        "label": "C-900",
        "title": "Red light in the hall",
        "passage": "…the light is red. The card in the cabinet was swapped…",
        "score": 0.83,
    },
    {
        "text": "",
        "template": "restart",
        "label": "",
        "title": "Please restart your box",
        "passage": "Pull the plug…",
        "score": 0.4,
    },
]
PREVIEW: Answer = {
    "to": [{"name": "Kari Nordmann", "address": "kari@fjord.example", "channel": "email"}],
    "cc_ignored": ["chef@fjord.example"],
    "subject": "Re: No signal since this morning [C-1001]",
    "text": DELIVERY["text"],
    "language": "en",
    "problem": "",
}
CHAT_PREVIEW: Answer = PREVIEW | {
    "to": [{"name": "Ola", "address": "T1/C1/1700000000.000100", "channel": "slack"}],
    "cc_ignored": [],
}
UNSENDABLE: Answer = PREVIEW | {"to": [], "problem": "the caller has no address; say how the caller was told"}
VALUES: Answer = {
    "text": "The card in the cabinet was swapped; the light is green again.",
    "template": "",
    "told_by": "",
    "options": [],
    "files": [{"id": "F012AB3CD", "name": "photo.jpg"}],
}
WHY: Answer = {
    "decisions": [
        {
            "contact_id": 60,
            "at": "2026-11-24T06:40:00+00:00",
            "rules_changed": True,
            "trace": {
                "sentences": ["open a case: a new case", "classify: rule signal-lost (30-classify.yaml:12)"],
                "identification": ["the sender belongs to the customer Fjord Fisk (FJORD)"],
            },
            "reasons": [
                _NOTHING | {"stage": "guard", "result": "matched_nothing"},
                _NOTHING
                | {
                    "stage": "classify",
                    "result": "matched",
                    "outcome": {"category": "technical/no-signal"},
                    "rules": [
                        {
                            "id": "signal-lost",
                            "note": "The box has lost its line.",
                            "place": "rules/30-classify.yaml:12",
                            "because": [
                                {"sentence": "customer.segment is 'telecom'", "place": None},
                                {"sentence": "body contains the words 'red light'", "place": _RED_LIGHT},
                            ],
                            "captures": {"place": "hall"},
                            "unfilled": [],
                        }
                    ],
                    "also": [{"id": "phone-dead", "note": "", "place": "rules/30-classify.yaml:31"}],
                    "nearly": [
                        {
                            "id": "whole-street",
                            "note": "Several lines are down.",
                            "place": "rules/30-classify.yaml:44",
                            "sentence": "subject is 'No signal since this morning'; wanted: subject contains 'street'",
                        }
                    ],
                },
                _NOTHING
                | {
                    "stage": "flag",
                    "result": "matched",
                    "outcome": {"priority": "high", "tags": ["outage"]},
                    "rules": [
                        {"id": "gold", "note": "", "place": "rules/40-flag.yaml:9", "because": [], "captures": {}}
                    ],
                    "conflicts": [{"field": "queue", "rule": "silver", "kept": "noc", "dropped": "crc"}],
                    "shadow": [
                        {"id": "calm", "note": "", "place": "rules/40-flag.yaml:20", "outcome": {"priority": "low"}}
                    ],
                },
                _NOTHING | {"stage": "route", "result": "defaulted", "outcome": {"queue": "noc"}},
            ],
        },
        {
            "contact_id": 61,
            "at": "2026-11-24T11:02:00+00:00",
            "rules_changed": False,
            "trace": {"sentences": ["append to a case: it continues C-1001"], "identification": []},
            "reasons": [],
        },
    ]
}
NO_WHY: Answer = {"decisions": []}
ADDRESSES: list[Answer] = [
    {"address": "crc@example.org", "title": "Customer relations"},
    {"address": "support@example.org", "title": "Product support"},
]

"""Further answers of the house as they look, beside the cases of `layout_samples`: what `layouts` draws. Pure."""

from __future__ import annotations

from intakebot.channels.slack.drawing.layout_samples import CASE, RESOLVED, WAITING, Answer

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
WHY: list[str] = [
    "open: nothing points at a case that is known",
    "classify: rule signal-lost (30-classify.yaml:12) because text contains 'red light'; sets category",
    "route: rule technical-to-noc (50-route.yaml:8) because category is under 'technical'; sets queue: noc",
]
ADDRESSES: list[Answer] = [
    {"address": "crc@example.org", "title": "Customer relations"},
    {"address": "support@example.org", "title": "Product support"},
]

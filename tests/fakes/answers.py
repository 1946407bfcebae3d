"""Answers of a desk as the archive gives them, for tests of what is printed."""

from __future__ import annotations

from typing import Any

NOW = "2026-11-23T12:00:00+00:00"

SUGGESTION: dict[str, Any] = {
    "category": "technical/no-\x1b[31mservice",
    "confidence": 0.871,
    "others": [{"category": "logistics/delivery", "confidence": 0.05}],
    "learned": 212,
    "right": 96,
    "of": 100,
}

FILES: list[dict[str, Any]] = [
    {
        "id": 7290184437760000006,
        "contact_id": 7290184437760000009,
        "name": "photo.jpg.exe",
        "media_type": "application/octet-stream",
        "size": 120345,
        "sha256": "ae0e381fa858d6782d6859eb9337b80e670dc0021361fdd55d49299f1b4c26fd",
        "flags": ["program"],
        "withheld": True,
    }
]

CASE: dict[str, Any] = {
    "number": 1001,
    "workflow": "crc-technical",
    "status": "Taken in charge",
    "title": "No signal since this morning",
    "description": "The line has been dead since 8 o'clock.\nThe router shows a red light.",
    "channel": "email",
    "opened_at": "2026-11-23T09:00:00+00:00",
    "category": "technical/no-signal",
    "priority": "high",
    "tags": ["gold"],
    "markers": ["NNR"],
    "missing": ["business_object"],
    "language": "en",
    "queue": "noc",
    "owner": "alice",
    "assignee": None,
    "respond_by": "2026-11-23T11:00:00+00:00",
    "solve_by": "2026-11-23T17:00:00+00:00",
    "resolved_at": None,
    "closed_at": None,
    "ended_as": None,
    "support_key": "KEY-123456",
    "support_key_state": "valid",
    "caller": {"name": "Kari Nordmann", "addresses": [["email", "kari@fjord.example"], ["phone", "+47 22 33 44 55"]]},
    "customer": {"reference": "FJORD-1001", "name": "Kari Nordmann", "segment": "telecom", "tier": "gold"},
    "support_agreement_state": "expired",
    "customer_agreement_state": "valid",
    "actions": {"case": 1001, "allowed": ["resolve", "escalate"], "refused": {}},
    "account": {"reference": "FJORD-A-1001", "name": ""},
    "subscription": {"reference": "FJORD-S-1001", "product": "Fjord Fibre 500", "status": "active"},
    "agreements": [
        {"reference": "SA-7", "kind": "support", "policy": "gold", "valid_to": "2025-12-31"},
        {"reference": "CA-1", "kind": "customer", "policy": "general", "valid_to": None},
    ],
    "business_object": {"type": "device", "reference": "R-77"},
    "messages": [
        {
            "at": "2026-11-23T09:00:00+00:00",
            "sender": "kari@fjord.example",
            "subject": "No signal",
            "text": "The line has been dead since 8 o'clock.\n\nKari",
            "new_text": "The line has been dead since 8 o'clock.\n\nKari",
        },
        {
            "at": "2026-11-23T10:30:00+00:00",
            "sender": "kari@fjord.example",
            "subject": "Re: No signal",
            "text": "Still dead.",
            "new_text": "Still dead.",
        },
    ],
    "tasks": [
        {
            "id": 7290184437760000001,
            "title": "Measure the line from the exchange and replace the port if it is noisy",
            "status": "Queued",
            "queue": "noc",
            "assignee": None,
            "handover": "RMA-7712",
            "completed_at": None,
            "reason": "",
        }
    ],
    "comments": [
        {
            "at": "2026-11-23T09:05:00+00:00",
            "by": "rule:route.noc",
            "kind": "comment",
            "text": "technical fault, sent by rule",
        },
        {"at": "2026-11-23T11:10:00+00:00", "by": "agent:alice", "kind": "work_info", "text": "port 7 is noisy"},
    ],
    "resolution": {
        "text": "We moved you to another port.",
        "by": "agent:alice",
        "entered_at": "2026-11-23T11:50:00+00:00",
        "sent_at": None,
    },
    "deliveries": [
        {
            "id": 7290184437760000002,
            "kind": "acknowledgement",
            "recipient": "kari@fjord.example",
            "state": "sent",
            "created_at": "2026-11-23T09:00:01+00:00",
            "settled_at": "2026-11-23T09:00:02+00:00",
            "answer": "250 2.0.0 queued as 4XyZ",
        }
    ],
    "files": FILES,
    "links": [{"relation": "parent", "number": 998}],
    "timers": [{"kind": "close", "due_at": "2026-12-03T12:00:00+00:00"}],
}

CASES: list[dict[str, Any]] = [
    CASE,
    {
        **CASE,
        "number": 123456789,
        "status": "Open",
        "title": "[bold]Kündigung[/bold] vor Freischaltung, bitte sofort stornieren \x1b[31mrot\x1b]0;x\x07 \u202egnp",
        "category": "cancellation/before-activation",
        "priority": "normal",
        "queue": "triage",
        "owner": None,
        "customer": None,
        "solve_by": "2026-11-22T12:00:00+00:00",
    },
    {
        **CASE,
        "number": 1003,
        "status": "Closed",
        "title": "Invoice",
        "priority": "low",
        "queue": "crc",
        "owner": "bob",
        "closed_at": "2026-11-20T12:00:00+00:00",
        "opened_at": "2026-10-01T12:00:00+00:00",
    },
]

LOG: list[dict[str, Any]] = [
    {
        "id": 1,
        "kind": "case.registered",
        "by": "system",
        "at": "2026-11-23T09:00:00+00:00",
        "changes": {"status": "Open", "title": "No signal since this morning", "markers": []},
        "note": "",
    },
    {
        "id": 2,
        "kind": "case.escalated",
        "by": "rule:route.noc",
        "at": "2026-11-23T09:00:00+00:00",
        "changes": {"status": "Pending", "queue": "noc", "description": "x" * 200},
        "note": "technical fault, sent by rule",
    },
    {
        "id": 3,
        "kind": "case.taken",
        "by": "agent:alice",
        "at": "2026-11-23T11:00:00+00:00",
        "changes": {"status": "Taken in charge", "owner": "alice"},
        "note": "",
    },
]

NOTHING: dict[str, Any] = {
    "outcome": {},
    "rules": [],
    "conflicts": [],
    "also": [],
    "also_more": 0,
    "nearly": [],
    "shadow": [],
    "shadow_more": 0,
}
REASONS: list[dict[str, Any]] = [
    NOTHING | {"stage": "guard", "result": "matched_nothing"},
    NOTHING
    | {
        "stage": "classify",
        "result": "matched",
        "outcome": {"category": "technical/no-signal", "task": {"title": "look at port 7", "queue": "noc"}},
        "rules": [
            {
                "id": "crc.no-service",
                "note": "The line is \x1b[31mdown.",
                "place": "rules/30-classify.yaml:12",
                "because": [
                    {"sentence": "customer.segment is 'telecom'", "place": None},
                    {
                        "sentence": "body contains the words 'no signal'",
                        "place": {
                            "field": "body",
                            "before": "…since this morning there is ",
                            "words": "no signal",
                            "after": " in the\u202e house.",
                            "line": 3,
                            "column": 5,
                            "offset": 61,
                        },
                    },
                ],
                "captures": {"port": "7"},
                "unfilled": ["agreement"],
            }
        ],
        "also": [{"id": "crc.any", "note": "", "place": "rules/30-classify.yaml:40"}],
        "also_more": 4,
        "nearly": [
            {
                "id": "crc.street",
                "note": "The whole street.",
                "place": "rules/30-classify.yaml:44",
                "sentence": "subject is 'No signal'; wanted: subject contains 'street'",
            }
        ],
        "shadow": [{"id": "crc.calm", "note": "", "place": "", "outcome": {"category": "general/calm"}}],
    },
    NOTHING
    | {
        "stage": "route",
        "result": "defaulted",
        "outcome": {"queue": "noc", "tags": ["outage", "gold"]},
        "conflicts": [{"field": "queue", "rule": "route.b", "kept": "noc", "dropped": "crc"}],
    },
]
EXPLAINED: dict[str, Any] = {
    "file": "pump.eml",
    "disposition": "open a case",
    "reason": "a new case",
    "threading": [{"case": 1001, "evidence": "same-thread", "points": 30, "sentence": "it refers to a mail of C-1001"}],
    "identification": ["the sender belongs to the customer ACME"],
    "outcome": {"queue": "noc"},
    "ruleset": "3f9a77c2e1d0aa",
    "workflow": "crc",
    "subject": "No signal",
    "sender": "kari@fjord.example",
    "recipients": ["crc@example.org"],
    "defects": [],
    "looked_up": True,
    "reasons": REASONS,
    "not_run": ["identify", "flag"],
}

WHY: dict[str, Any] = {
    "case": CASES[0],
    "history": LOG,
    "decisions": [
        {
            "contact_id": 7290184437760000009,
            "at": "2026-11-23T09:00:00+00:00",
            "ruleset": "3f9a77c2e1d0",
            "rules_changed": True,
            "reasons": REASONS,
            "trace": {
                "threading": [
                    {"evidence": "references", "sentence": "it answers no message of ours", "points": 0},
                    {
                        "evidence": "topic",
                        "sentence": "no open case of this subscription has this category",
                        "points": 0,
                    },
                ],
                "identification": ["kari@fjord.example is Kari Nordmann, of customer FJORD-1001"],
                "stages": [],
                "sentences": [
                    "classify: crc.no-service (config/rules/30-classify.yaml:12): subject has the words 'no signal'",
                    "route: route.noc (config/rules/50-route.yaml:8) because category is under technical",
                ],
            },
        }
    ],
}

CONTACT: dict[str, Any] = {
    "decisions": [
        {
            "trace": {
                "sender": {"spf": "pass", "dkim": "none", "dmarc": "fail", "checked_by": "mx.intakebot.example"},
                "marks": ["smime-encrypted"],
                "candidates": [
                    {
                        "case": 1001,
                        "score": 30,
                        "why_not": "the sender is nobody of this case",
                        "signs": [
                            {
                                "case": 1001,
                                "evidence": "number-in-subject",
                                "points": 30,
                                "sentence": "the subject names C-1001",
                            }
                        ],
                    },
                    {"case": 1002, "score": 60, "why_not": "", "signs": []},
                ],
            }
        }
    ],
    "id": 7290184437760000009,
    "state": "registered",
    "reason": "",
    "case": 1001,
    "received_at": "2026-11-23T09:00:00+00:00",
    "channel": "email",
    "sender": "kari@fjord.example",
    "envelope_sender": "kari@fjord.example",
    "subject": "No signal since this morning",
    "message_id": "<1@fjord.example>",
    "peer": "192.0.2.7",
    "attempts": 1,
    "defects": ["charset-unknown"],
    "arrivals": [{"recipient": "noc@example.org", "route": "smtp", "at": "2026-11-23T09:00:00+00:00"}],
    "files": FILES,
}

DELIVERY: dict[str, Any] = {
    **CASE["deliveries"][0],
    "case": 1001,
    "sender": "crc@example.org",
    "subject": "[C-1001] No signal",
    "message_id": "<d2@example.org>",
    "text": "We have your message.",
    "attempts": 1,
    "steps": [{"at": "2026-11-23T09:00:02+00:00", "state": "sent", "answer": "250 2.0.0 queued as 4XyZ"}],
}

MAILBOXES: list[dict[str, Any]] = [
    {
        "name": "support-mailbox",
        "account": "support@example.com@imap.example.com",
        "folder": "INBOX",
        "uid_validity": 1700000000,
        "last_uid": 48211,
        "looked_at": "2026-11-23T11:58:00+00:00",
        "begun": 0,
        "kept": 0,
        "set_aside": 1,
        "too_large": 2,
        "unmarked": 0,
    },
    {
        "name": "crc",
        "account": "crc@example.com@imap.example.com",
        "folder": "Support/Neu",
        "uid_validity": 1,
        "last_uid": 0,
        "looked_at": None,
        "begun": 50,
        "kept": 0,
        "set_aside": 0,
        "too_large": 0,
        "unmarked": 0,
    },
]
ANSWERS: dict[str, Any] = {
    "clock": NOW,
    "case.list": CASES,
    "case.show": CASE | {"suggestion": SUGGESTION},
    "case.log": LOG,
    "case.why": WHY | {"suggestion": SUGGESTION},
    "case.actions": {
        "allowed": ["resolve", "escalate"],
        "refused": {"close": "C-1001 is Taken in charge: close is not possible now; possible: resolve, escalate"},
    },
    "case.find": {
        "total": 12,
        "cases": [{**row, "why": "said: …\x1b[31mthe line \u202e has been dead since 8 o'clock"} for row in CASES],
    },
    "suggestions.show": {
        "learned": 212,
        "left": 3,
        "kept_at": "2026-11-23T11:00:00+00:00",
        "judged": 192,
        "threshold": 0.81,
        "shown_share": 0.62,
        "right": 96,
        "of": 100,
        "categories": [
            {
                "category": "technical/no-service",
                "decided": 120,
                "predicted": 118,
                "right": 110,
                "precision": 0.932,
                "recall": 0.917,
            },
            {
                "category": "logistics/\x1b[31mdelivery",
                "decided": 72,
                "predicted": 0,
                "right": 0,
                "precision": None,
                "recall": 0.0,
            },
        ],
    },
    "LearnSuggestions": {"looked_at": 3, "learned": 2, "left": 0},
    "case.suggest": [
        {
            "text": "Unplug the router for a minute.\n\x1b[31mIt then trains up again.",
            "template": "",
            "label": "C-998",
            "title": "Router shows a red light",
            "passage": "…the router shows a red light since the storm…",
            "words": ["router", "red", "light"],
            "score": 0.731,
        },
        {
            "text": "Press the button.",
            "template": "how-to-reset",
            "label": "",
            "title": "how-to-reset",
            "passage": "",
            "words": ["reset"],
            "score": 0.2,
        },
    ],
    "reply.preview": {
        "to": [{"name": "Kari Nordmann", "address": "kari@fjord.example", "channel": "email"}],
        "cc_ignored": ["boss@fjord.example"],
        "subject": "[C-1001] No signal since this morning",
        "text": "Hello Kari Nordmann,\n\nwhich lights are on?",
        "language": "en",
        "problem": "",
    },
    "customer.find": [{"reference": "FJORD-1001", "name": "Kari \x1b[31mNordmann", "tier": "gold"}],
    "contact.list": [CONTACT, {**CONTACT, "state": "quarantined", "case": None}],
    "contact.show": CONTACT,
    "contact.content": "U3ViamVjdDogaGkNCg0KG1szMW0=",
    "delivery.list": [
        DELIVERY,
        {**DELIVERY, "kind": "resolution", "state": "failed", "answer": "550 5.1.1 no such user here"},
    ],
    "delivery.show": DELIVERY,
    "queue.list": [
        {
            "name": "crc",
            "title": "Customer relations",
            "waiting": 12,
            "in_charge": 3,
            "oldest_waiting_at": "2026-11-21T12:00:00+00:00",
            "last_taken_at": "2026-11-23T11:58:00+00:00",
        },
        {"name": "noc", "title": "Network operations", "waiting": 0, "in_charge": 0},
    ],
    "mailbox.list": MAILBOXES,
    "health": {
        "mailboxes": MAILBOXES,
        "attention": [
            {
                "what": "resting",
                "which": "C-123456789",
                "since": "2026-11-21T12:00:00+00:00",
                "sentence": "the case rests in Open; somebody must take it or send it to a queue",
            },
            {
                "what": "failed delivery",
                "which": "7290184437760000002",
                "since": "2026-11-23T11:12:00+00:00",
                "sentence": "550 5.1.1 no such user here",
            },
        ],
        "counts": {"contacts": {"registered": 12, "quarantined": 1}, "deliveries": {"sent": 9}},
    },
    "customer.show": {
        "reference": "ACME",
        "name": "ACME Pumps",
        "tier": "gold",
        "domains": ["acme.example"],
        "callers": [{"name": "Ann", "addresses": [["email", "ann@acme.example"]], "language": "en"}],
        "accounts": [{"reference": "ACME-UK", "name": "ACME Pumps UK"}],
        "subscriptions": [{"reference": "ACME-PUMP-7", "product": "Pump control 7", "status": "active"}],
        "support_keys": [{"key": "KEY-123456"}],
        "agreements": [
            {"reference": "SA-7", "kind": "support", "policy": "gold", "valid_from": "2020-01-01", "valid_to": None}
        ],
    },
    "template.preview": {"subject": "[C-1001] We have your message", "text": "Hello Kari,\n\nthank you.", "html": ""},
    "Take": {"case": 1001, "status": "Taken in charge", "queue": "noc", "owner": "alice"},
    "Resolve": {
        "case": 1001,
        "status": "Resolved",
        "queue": "noc",
        "events": ["case.resolved"],
        "deliveries": [
            {"id": 7290184437760000003, "kind": "resolution", "state": "queued", "recipient": "kari@fjord.example"}
        ],
    },
    "ImportCustomers": {"new": 3},
    "rules.agreement": {
        "since": "2026-10-24T12:00:00+00:00",
        "cases": 5,
        "void": 1,
        "category": {
            "judged": 3,
            "agreed": 2,
            "share": 0.6667,
            "chosen": [{"category": "technical/no-signal", "judged": 3, "agreed": 2, "share": 0.6667}],
            "differences": [
                {"rules": "technical/no-signal", "people": "commercial", "cases": 1, "examples": ["C-1003"]}
            ],
        },
        "queue": {"judged": 0, "agreed": 0, "share": None, "chosen": [], "differences": []},
        "truth": {"rows": 7, "without_case": 4},
    },
    "ReloadRules": {
        "reloaded": True,
        "old": "a" * 64,
        "new": "b" * 64,
        "rules": 21,
        "tests": 40,
        "problems": [{"severity": "warning", "place": "rules/20.yaml:7", "sentence": "the list 'outage' is not used"}],
        "read_at_the_start_only": ["intakebot.yaml"],
    },
    "AdvanceClock": {"now": "2026-12-03T12:00:00+00:00", "timers": 2},
}

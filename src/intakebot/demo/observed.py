"""What can be seen of a case, in the words that the story's expectations use. Pure over the desk's answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_AS_IT_IS = (
    "status", "queue", "owner", "assignee", "category", "workflow", "priority", "language", "markers", "tags",
    "missing", "channel", "answered_by", "support_key_state", "support_agreement_state", "customer_agreement_state",
)  # fmt: skip


def observed(case: Mapping[str, Any]) -> dict[str, Any]:
    """The fields that a story may name, of a whole case as `case.show` tells it."""
    return {name: case[name] for name in _AS_IT_IS} | {
        "customer": (case["customer"] or {}).get("reference"),
        "subscription": (case["subscription"] or {}).get("reference"),
        "deliveries": [f"{owed['kind']} {owed['state']}" for owed in case["deliveries"]],
        "tasks": [task["status"] for task in case["tasks"]],
        "messages": len(case["messages"]),
        "work_info": sum(comment["kind"] == "work_info" for comment in case["comments"]),
        "call_log": sum(comment["kind"] == "call_log" for comment in case["comments"]),
        "links": [f"{link['relation']} {link['number']}" for link in case["links"]],
        "timers": [timer["kind"] for timer in case["timers"]],
    }


def differences(wanted: Mapping[str, Any], seen: Mapping[str, Any]) -> Iterator[str]:
    """What differs from the expectation, in sentences."""
    for name, value in wanted.items():
        if name not in seen:
            yield f"there is no field {name!r} to look at"
        elif seen[name] != value:
            yield f"{name} is {seen[name]!r} instead of {value!r}"

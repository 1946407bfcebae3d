"""What a rule may do in which stage (Semantics 7, 11): each refusal with its exact message."""

from __future__ import annotations

from typing import Any

import pytest

from unit.rules.nodes import rule, sentences

ACTIONS = [
    pytest.param(
        "route",
        {"queue": "nok"},
        "unknown queue 'nok'; known queues: crc, noc, support, triage; did you mean 'noc'?",
        id="queue",
    ),
    pytest.param("route", {"queue": "crc", "assignee": "bob"}, "unknown agent 'bob'; known agents: ada", id="agent"),
    pytest.param(
        "route",
        {"resolve": {"template": "x"}},
        "unknown template 'x'; known templates: how-to-reset",
        id="template",
    ),
    pytest.param("route", {"queue": 5}, "queue is a name, not 5", id="queue-type"),
    pytest.param(
        "route",
        {"escalate": {"queue": "noc"}},
        "escalate needs queue and comment, in one act",
        id="escalate-without-comment",
    ),
    pytest.param(
        "route",
        {"escalate": "noc"},
        "escalate is a mapping with queue, comment, not 'noc'",
        id="escalate-scalar",
    ),
    pytest.param(
        "route",
        {"resolve": {"template": "how-to-reset", "text": "x"}},
        "unknown key 'text' in resolve; known keys: template",
        id="resolve-text",
    ),
    pytest.param(
        "route",
        {"queue": "crc", "escalate": {"queue": "noc", "comment": "x"}},
        "queue and escalate exclude each other; keep one",
        id="two-ways",
    ),
    pytest.param(
        "route",
        {"resolve": {"template": "how-to-reset"}, "assignee": "ada"},
        "resolve and assignee exclude each other; keep one",
        id="resolve-and-assignee",
    ),
    pytest.param(
        "route",
        {"priority": "low"},
        "a route says where to: queue, assignee, escalate or resolve",
        id="no-way",
    ),
    pytest.param(
        "route",
        {"queue": "crc", "status": "pending"},
        "a rule sets no status; write `escalate: {queue, comment}` for Pending, `resolve: {template}`;"
        " known actions: assignee, escalate, priority, queue, resolve",
        id="status-pending",
    ),
    pytest.param(
        "route",
        {"queue": "crc", "close": True},
        "no rule closes a case; a resolution that was sent does;"
        " known actions: assignee, escalate, priority, queue, resolve",
        id="close",
    ),
    pytest.param(
        "flag",
        {"markers": ["NNR"]},
        "marker 'NNR' is set by an agent, never by a caller's words; write `tags`",
        id="marker",
    ),
    pytest.param(
        "flag",
        {"queue": "noc"},
        "unknown action 'queue' in stage 'flag'; known actions: markers, priority, suppress_reply, tags, task",
        id="foreign-action",
    ),
    pytest.param("flag", {"priority": "top"}, "priority is one of low, normal, high, urgent, not 'top'", id="choice"),
    pytest.param("flag", {"tags": "gold"}, "tags is a list of texts, not 'gold'", id="tags"),
    pytest.param("flag", {"suppress_reply": "no"}, "suppress_reply is true or false, not 'no'", id="bool"),
    pytest.param("guard", {"disposition": "refused"}, "`disposition: refused` needs a reason", id="reason"),
    pytest.param("guard", {"disposition": "drop"}, "disposition is one of machine, refused, not 'drop'", id="drop"),
    pytest.param("classify", {"category": 7}, "category is a name, not 7", id="category-type"),
    pytest.param(
        "classify",
        {"task": {"title": "x", "handover": {"kind": "y"}}},
        "task.handover.kind is one of service_order, customer_order, return_material_authorisation, not 'y'",
        id="handover-kind",
    ),
    pytest.param("classify", {"task": {"queue": "noc"}}, "task needs title, in one act", id="task-title"),
    pytest.param(
        "identify",
        {"lookup": {"account": "a", "subscription": "b"}},
        "lookup takes exactly one of subscription, account, support_key",
        id="two-lookups",
    ),
    pytest.param(
        "identify",
        {"lookup": {"account": "{key}"}},
        "unknown name {key}; known captures: none",
        id="placeholder",
    ),
]


@pytest.mark.parametrize(("stage", "then", "sentence"), ACTIONS)
def test_line_7_and_11_actions(stage: str, then: Any, sentence: str) -> None:
    assert sentences(stage, rules=[rule("r", {"subject": "x"}, then)]) == [sentence]

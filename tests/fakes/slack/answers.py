"""What an acknowledgement with a body does to the screen of the person: modals change, texts appear."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakes.slack.records import Json, View
from fakes.slack.refusal import RefusedError
from fakes.slack.seen import TROUBLE, Seen

if TYPE_CHECKING:
    from fakes.slack.fake import FakeSlack

ACTIONS = ("errors", "update", "push", "clear")


def show_answer(slack: FakeSlack, view: View, seen: Seen) -> None:
    """The answer to a submission: errors keep the modal, `update` and `push` change it, `clear` ends all."""
    if not seen.acked:
        seen.notice = TROUBLE
        return
    body = seen.body
    if body in (None, "", {}):
        if slack.state.top_modal(seen.user) is view:
            slack.stacks.close_top(seen.user)
        return
    problem = _problem(view, body)
    if problem:
        slack.verdict.fail("interaction-body", f"view_submission of {view.callback_id!r}: {problem}")
        seen.notice = TROUBLE
        return
    try:
        _change(slack, view, body, seen)
    except RefusedError as refused:
        slack.verdict.fail("interaction-body", f"view_submission of {view.callback_id!r}: {refused.code}")
        seen.notice = TROUBLE


def _problem(view: View, body: Any) -> str:
    if not isinstance(body, dict) or body.get("response_action") not in ACTIONS:
        return f"not a response_action: {str(body)[:100]}"
    if body["response_action"] == "errors":
        errors = body.get("errors")
        inputs = {block["block_id"] for block in view.blocks if block.get("type") == "input"}
        if not isinstance(errors, dict) or not errors:
            return "errors is empty"
        if unknown := set(errors) - inputs:
            return f"errors on {', '.join(sorted(unknown))}, which is no input block of the view"
    return ""


def _change(slack: FakeSlack, view: View, body: Json, seen: Seen) -> None:
    match body["response_action"]:
        case "errors":
            seen.errors = {str(block): str(text) for block, text in body["errors"].items()}
        case "update":
            slack.stacks.replace(view, slack.scrutiny.view(body.get("view"), "response_action update"))
        case "push":
            slack.stacks.push(seen.user, view.team, slack.scrutiny.view(body.get("view"), "response_action push"))
        case "clear":
            slack.stacks.clear(seen.user)


def show_command_answer(slack: FakeSlack, fields: Json, seen: Seen) -> None:
    """The answer to a slash command: a text or a message, for that person unless it says otherwise."""
    if not seen.acked:
        seen.notice = f"{fields['command']} failed with the error “dispatch_failed”"
        return
    body = seen.body
    if not body:
        return
    message = body if isinstance(body, dict) else {"text": str(body)}
    path = "/" + fields["response_url"].split("/", 3)[3]
    try:
        slack.places.answer(slack.state.response_urls[path], message)
    except RefusedError as refused:
        slack.verdict.fail("interaction-body", f"{fields['command']}: {refused.code}")

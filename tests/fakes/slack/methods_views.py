"""views.*: modals in a stack of at most three, and the App Home."""

from __future__ import annotations

from fakes.slack.records import Json, User, View
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import Call, method

DEEPEST = 3


@method("views.open", "4")
def open_view(call: Call) -> Json:
    """A new modal for the person who has just done something."""
    content = call.api.scrutiny.view(call.arguments.get("view"), "views.open")
    _only(content, "modal")
    trigger = call.api.state.take_trigger(call.need("trigger_id"))
    if trigger.view is not None and trigger.view in call.api.state.modals[trigger.user]:
        return _pushed(call, trigger.user, content)
    view = call.api.stacks.open(trigger.user, call.team, content)
    return {"view": call.api.shapes.view(view)}


@method("views.push", "4")
def push_view(call: Call) -> Json:
    """A modal on top of the one in which something was done."""
    content = call.api.scrutiny.view(call.arguments.get("view"), "views.push")
    _only(content, "modal")
    trigger = call.api.state.take_trigger(call.need("trigger_id"))
    return _pushed(call, trigger.user, content)


@method("views.update", "4")
def update_view(call: Call) -> Json:
    """Other contents for a view, by its id or the app's own name for it."""
    content = call.api.scrutiny.view(call.arguments.get("view"), "views.update")
    view = _found(call)
    if call.text("hash") and call.text("hash") != view.hash:
        raise RefusedError("hash_conflict")
    call.api.stacks.replace(view, content)
    return {"view": call.api.shapes.view(view)}


@method("views.publish", "4")
def publish_view(call: Call) -> Json:
    """The App Home of one person."""
    content = call.api.scrutiny.view(call.arguments.get("view"), "views.publish")
    _only(content, "home")
    user: User = call.user("user_id")
    if user.deleted:
        raise RefusedError("not_enabled")
    home = call.api.state.homes.get(user.id)
    if call.text("hash") and home and call.text("hash") != home.hash:
        raise RefusedError("hash_conflict")
    return {"view": call.api.shapes.view(call.api.stacks.publish(user.id, call.team, content))}


def _pushed(call: Call, user: str, content: Json) -> Json:
    if len(call.api.state.modals[user]) >= DEEPEST:
        raise RefusedError("push_limit_reached")
    return {"view": call.api.shapes.view(call.api.stacks.push(user, call.team, content))}


def _found(call: Call) -> View:
    asked, external = call.text("view_id"), call.text("external_id")
    for view in call.api.state.views.values():
        if view.id == asked or (external and view.content.get("external_id") == external):
            if view.type == "modal" and view not in call.api.state.modals[view.user]:
                break
            return view
    raise RefusedError("not_found")


def _only(content: Json, kind: str) -> None:
    if content.get("type") != kind:
        raise RefusedError("invalid_arguments", response_metadata={"messages": [f"[ERROR] must be a {kind} view"]})

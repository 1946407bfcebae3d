"""What the app is told when somebody acts on its surfaces: payloads, whole, as Slack sends them."""

from __future__ import annotations

import copy
import secrets
from dataclasses import dataclass

from fakes.slack.inputs import KEYS, blank_values
from fakes.slack.records import Channel, Json, Message, ResponseUrl, User, View, Workspace
from fakes.slack.shapes import Shapes
from fakes.slack.state import State

TOKEN = "deprecated-verification-token"


@dataclass
class Interactions:
    """One for each fake."""

    state: State
    shapes: Shapes
    app_id: str

    def block_action(self, user: User, where: Message | View, block: Json, element: Json, chosen: Json) -> Json:
        """Something in a message or a view was pressed or picked; `chosen` is the value that came of it."""
        payload = self._head(user, "block_actions", self._team(where))
        payload |= self._place(user, where)
        view = where if isinstance(where, View) else None
        payload["trigger_id"] = self.state.trigger(user, self._team(where), view)
        payload["actions"] = [self._action(block, element, chosen)]
        if isinstance(where, Message) and element["type"] in KEYS:
            values = payload["state"]["values"].setdefault(block["block_id"], {})
            values[element["action_id"]] = {"type": element["type"], **chosen}
        return payload

    def suggestion(self, user: User, where: Message | View, block: Json, element: Json, typed: str) -> Json:
        """Somebody types into a select whose options the app knows."""
        payload = self._head(user, "block_suggestion", self._team(where))
        payload |= self._place(user, where)
        return payload | {"action_id": element["action_id"], "block_id": block["block_id"], "value": typed}

    def submission(self, user: User, view: View) -> Json:
        """A modal is sent off."""
        payload = self._head(user, "view_submission", view.team)
        payload["trigger_id"] = self.state.trigger(user, view.team, view)
        return payload | {"view": self.shapes.view(view), "response_urls": []}

    def closing(self, user: User, view: View, *, cleared: bool) -> Json:
        """A modal that wants to know is closed."""
        payload = self._head(user, "view_closed", view.team)
        return payload | {"view": self.shapes.view(view), "is_cleared": cleared}

    def shortcut(self, user: User, callback_id: str) -> Json:
        """A global shortcut."""
        payload = self._head(user, "shortcut", user.team)
        trigger = self.state.trigger(user, user.team)
        return payload | {"callback_id": callback_id, "trigger_id": trigger, "action_ts": self.state.new_ts()}

    def message_shortcut(self, user: User, callback_id: str, message: Message) -> Json:
        """A shortcut in the menu of a message."""
        team = self._team(message)
        payload = self._head(user, "message_action", team)
        return payload | {
            "callback_id": callback_id,
            "trigger_id": self.state.trigger(user, team),
            "action_ts": self.state.new_ts(),
            "channel": channel_named(message.channel),
            "message_ts": message.ts,
            "message": self.shapes.message(message),
            "response_url": self.response_url(user, message.channel, message),
        }

    def command(self, user: User, command: str, text: str, channel: Channel) -> Json:
        """A slash command; its fields are flat, and all of them texts."""
        fields: Json = {
            "token": TOKEN,
            "team_id": user.team.id,
            "team_domain": user.team.domain,
            "channel_id": channel.id,
            "channel_name": channel_named(channel)["name"],
            "user_id": user.id,
            "user_name": user.handle,
            "command": command,
            "text": text,
            "api_app_id": self.app_id,
            "is_enterprise_install": str(user.team.by_enterprise).lower(),
            "response_url": self.response_url(user, channel, None),
            "trigger_id": self.state.trigger(user, user.team),
        }
        if user.team.enterprise:
            fields |= {"enterprise_id": user.team.enterprise, "enterprise_name": "Acme Group"}
        return fields

    def response_url(self, user: User, channel: Channel, message: Message | None) -> str:
        """An address where the app may answer, five times in thirty minutes."""
        path = f"/response/{user.team.id}/{self.state.new_id('')}/{secrets.token_urlsafe(18)}"
        self.state.response_urls[path] = ResponseUrl(path, user.id, channel, self.state.clock.time(), message)
        return f"{self.shapes.origin}{path}"

    def _head(self, user: User, kind: str, team: Workspace) -> Json:
        shown: Json = {"id": team.id, "domain": team.domain}
        if team.enterprise:
            shown |= {"enterprise_id": team.enterprise, "enterprise_name": "Acme Group"}
        return {
            "type": kind,
            "user": {"id": user.id, "username": user.handle, "name": user.handle, "team_id": user.team.id},
            "api_app_id": self.app_id,
            "token": TOKEN,
            "team": shown,
            "enterprise": {"id": team.enterprise, "name": "Acme Group"} if team.enterprise else None,
            "is_enterprise_install": team.by_enterprise,
        }

    def _place(self, user: User, where: Message | View) -> Json:
        if isinstance(where, View):
            return {"container": {"type": "view", "view_id": where.id}, "view": self.shapes.view(where)}
        container: Json = {
            "type": "message",
            "message_ts": where.ts,
            "channel_id": where.channel.id,
            "is_ephemeral": where.ephemeral_to is not None,
        }
        if where.thread_ts:
            container["thread_ts"] = where.thread_ts
        place: Json = {"container": container, "channel": channel_named(where.channel)}
        if where.ephemeral_to is None:
            place["message"] = self.shapes.message(where, self.state.replies(where.channel, where.ts))
        place["state"] = {"values": blank_values(copy.deepcopy(where.blocks))}
        place["response_url"] = self.response_url(user, where.channel, where)
        return place

    def _team(self, where: Message | View) -> Workspace:
        if isinstance(where, View):
            return where.team
        return next(
            (one for one in (where.channel.team, *where.channel.shared_with) if one.installed), where.channel.team
        )

    def _action(self, block: Json, element: Json, chosen: Json) -> Json:
        kept = ("type", "action_id", "text", "value", "style", "url", "placeholder", "confirm")
        action = {name: element[name] for name in kept if name in element}
        if element["type"] in KEYS:
            initial = KEYS[element["type"]][1]
            action |= {initial: element[initial]} if initial in element else {}
        action |= chosen
        return action | {"block_id": block["block_id"], "action_ts": self.state.new_ts()}


def channel_named(channel: Channel) -> Json:
    """A channel as interactions name it: private ones are not named."""
    name = {"im": "directmessage", "group": "privategroup"}.get(channel.type, channel.name)
    return {"id": channel.id, "name": name}

"""users.*, usergroups.* and reactions.*"""

from __future__ import annotations

from fakes.slack.records import Json, User
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import Call, method


def _shown(call: Call, user: User) -> Json:
    with_email = call.token is not None and "users:read.email" in call.token.scopes
    return call.api.shapes.user(user, call.team, with_email=with_email)


@method("users.info", "4", "users:read")
def user_record(call: Call) -> Json:
    """One account."""
    return {"user": _shown(call, call.user())}


@method("users.list", "2", "users:read")
def users_list(call: Call) -> Json:
    """Every account of the workspace."""
    rows = [user for user in call.api.state.users.values() if user.team is call.team]
    page, metadata = call.page(rows, otherwise=len(rows) or 1)
    members = [_shown(call, user) for user in page]
    return {"members": members, "cache_ts": int(call.at), "response_metadata": metadata}


@method("users.lookupByEmail", "3", "users:read.email")
def lookup_by_email(call: Call) -> Json:
    """The account with that address; deactivated ones and bots are not found."""
    wanted = call.need("email", "users_not_found").lower()
    for user in call.api.state.users.values():
        if user.team is call.team and not user.deleted and user.kind != "bot" and (user.email or "").lower() == wanted:
            return {"user": _shown(call, user)}
    raise RefusedError("users_not_found")


@method("usergroups.list", "2", "usergroups:read")
def usergroups_list(call: Call) -> Json:
    """The groups of people of the workspace."""
    groups = [
        {"id": id_, "team_id": team.id, "name": name, "handle": name, "users": users, "user_count": len(users)}
        for id_, (team, name, users) in call.api.state.usergroups.items()
        if team is call.team
    ]
    if not call.flag("include_users"):
        groups = [{key: value for key, value in group.items() if key != "users"} for group in groups]
    return {"usergroups": groups}


@method("usergroups.users.list", "2", "usergroups:read")
def usergroup_users(call: Call) -> Json:
    """Who is in a group."""
    group = call.api.state.usergroups.get(call.need("usergroup", "no_such_subteam"))
    if group is None or group[0] is not call.team:
        raise RefusedError("no_such_subteam")
    return {"users": list(group[2])}


@method("reactions.add", "3", "reactions:write")
def add_reaction(call: Call) -> Json:
    """An emoji of the app."""
    message, name = _reacted(call)
    call.api.acts.react(message, name, call.team.bot_user)
    return {}


@method("reactions.remove", "2", "reactions:write")
def remove_reaction(call: Call) -> Json:
    """The app takes its emoji back."""
    message, name = _reacted(call)
    call.api.acts.unreact(message, name, call.team.bot_user)
    return {}


@method("reactions.get", "3", "reactions:read")
def get_reactions(call: Call) -> Json:
    """A message with its emoji."""
    channel = call.channel()
    message = call.api.state.find_message(channel, call.need("timestamp", "no_item_specified"))
    return {"type": "message", "channel": channel.id, "message": call.api.shapes.message(message)}


def _reacted(call: Call) -> tuple:
    name = call.need("name", "no_reaction").strip(":")
    if not name.replace("_", "").replace("-", "").replace("+", "").replace(":", "").isalnum():
        raise RefusedError("invalid_name")
    channel = call.channel(member=True)
    if channel.archived:
        raise RefusedError("is_archived")
    return call.api.state.find_message(channel, call.need("timestamp", "no_item_specified")), name

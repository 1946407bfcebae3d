"""auth.test, apps.connections.open, oauth.v2.access, and what takes a token away."""

from __future__ import annotations

import secrets
from typing import Any

from fakes.slack.records import Json, Token, Workspace
from fakes.slack.refusal import RefusedError
from fakes.slack.registry import Call, method

HALF_A_DAY = 12 * 3600


@method("api.test", "special", tokens=())
def api_test(call: Call) -> Json:
    """Says that it is there."""
    if code := call.text("error"):
        raise RefusedError(code, args=call.arguments)
    return {"args": call.arguments}


@method("auth.test", "special")
def auth_test(call: Call) -> Json:
    """Who the token is."""
    team, bot = call.team, call.bot
    found: Json = {
        "url": f"https://{team.domain}.slack.com/",
        "team": team.name,
        "user": bot.handle,
        "team_id": team.id,
        "user_id": bot.id,
        "bot_id": team.bot_id,
        "is_enterprise_install": team.by_enterprise,
    }
    return found | ({"enterprise_id": team.enterprise} if team.enterprise else {})


@method("auth.revoke", "3")
def auth_revoke(call: Call) -> Json:
    """The token ends."""
    if call.flag("test"):
        return {"revoked": False}
    assert call.token is not None
    call.token.revoked = True
    return {"revoked": True}


@method("apps.connections.open", "3", "connections:write", tokens=("app",))
def open_connection(call: Call) -> Json:
    """An address for one socket."""
    return {"url": call.api.open_socket()}


@method("apps.uninstall", "1")
def uninstall(call: Call) -> Json:
    """The app takes itself away."""
    _check_client(call)
    call.api.acts.uninstall(call.team)
    return {}


@method("oauth.v2.access", "4", tokens=())
def access(call: Call) -> Json:
    """Tokens for a code, or new ones for a refresh token; each of both works once."""
    _check_client(call)
    if call.text("grant_type") == "refresh_token":
        return _refresh(call)
    app = call.api.app
    code = call.need("code", "invalid_code")
    if code not in app.codes:
        raise RefusedError("invalid_code")
    team = app.codes.pop(code)
    return _granted(call, team, app.install(team))


def _refresh(call: Call) -> Json:
    asked = call.need("refresh_token", "invalid_refresh_token")
    old = next((one for one in call.api.state.tokens.values() if one.refreshes_as == asked), None)
    if old is None or old.revoked or old.team is None:
        raise RefusedError("invalid_refresh_token")
    old.refreshes_as = None  # single use; the old token lives on until it expires
    new = call.api.app.issue(old.team, rotating=True)
    return _granted(call, old.team, new)


def _granted(call: Call, team: Workspace, token: Token) -> Json:
    app = call.api.app
    found: Json = {
        "app_id": app.app_id,
        "authed_user": {"id": app.installer},
        "scope": ",".join(sorted(token.scopes)),
        "token_type": "bot",
        "access_token": token.value,
        "bot_user_id": team.bot_user,
        "team": None if team.by_enterprise else {"id": team.id, "name": team.name},
        "enterprise": {"id": team.enterprise, "name": "Acme Group"} if team.enterprise else None,
        "is_enterprise_install": team.by_enterprise,
    }
    if token.refreshes_as:
        found |= {"refresh_token": token.refreshes_as, "expires_in": HALF_A_DAY}
    return found


def _check_client(call: Call) -> None:
    app: Any = call.api.app
    given = (call.text("client_id"), call.text("client_secret"))
    if not secrets.compare_digest(given[0], app.client_id):
        raise RefusedError("invalid_client_id")
    if not secrets.compare_digest(given[1], app.client_secret):
        raise RefusedError("bad_client_secret")

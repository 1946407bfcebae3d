"""Which addresses are Slack's own, and by which proxy they are reached. Pure but for the environment.

Asked by `wire` before a token or what people wrote is sent anywhere, and by `socket`. An address is taken only when it
is written plainly: whatever two readers of addresses could read differently is nobody's.
"""

from __future__ import annotations

import logging
import re
from urllib.parse import urljoin, urlsplit
from urllib.request import proxy_bypass

from slack_sdk.proxy_env_variable_loader import load_http_proxy_from_env

OWN_DOMAINS = ("slack.com", "slack-files.com")
_PLAIN = re.compile(r"(https?)://([a-z0-9.-]+)(:[0-9]{1,5})?(/[^\s\\\x00-\x1f\x7f]*)?", re.ASCII | re.IGNORECASE)

_log = logging.getLogger(__name__)


def own_address(url: str, api_url: str, seen_from: str = "") -> str | None:
    """The address, when it is one of Slack's own; `seen_from` is where a redirect came from. None = not Slack's.

    Slack's own are the origin of the API that is configured, and its domains by https.
    """
    try:
        place = urljoin(seen_from, url)
    except ValueError:
        return None
    found, api = _PLAIN.fullmatch(place), _PLAIN.fullmatch(api_url)
    if found is None or api is None:
        return None
    if found.group(1, 2, 3) == api.group(1, 2, 3):
        return place
    host, domains = found[2].lower(), (*OWN_DOMAINS, api[2].lower())
    theirs = any(host == domain or host.endswith(f".{domain}") for domain in domains)
    return place if theirs and found[1].lower() == "https" and found[3] in (None, ":443") else None


def proxy_for(url: str) -> str | None:
    """The proxy that the environment names (`HTTPS_PROXY`), unless `NO_PROXY` excepts this host."""
    if proxy_bypass(urlsplit(url).hostname or ""):
        return None
    return load_http_proxy_from_env(_log)

"""Which addresses are Slack's own."""

from __future__ import annotations

import pytest

from intakebot.channels.slack.web.addresses import own_address, proxy_for

API = "https://slack.com/api/"


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com/files-pri/T1-F1/download/a_b%20c.png?x=1#y",
        "https://FILES.Slack.com/x",
        "https://slack-files.com/T1-F1-0",
        "https://hooks.slack.com/actions/T1/1/abc",
        "https://acme.slack.com/files/U1/F1/x",
        "https://files.slack.com:443/x",
        "https://slack.com",
    ],
)
def test_addresses_of_slack(url: str) -> None:
    assert own_address(url, API) == url


def test_the_origin_of_the_api_is_slack_wherever_it_is() -> None:
    assert own_address("http://127.0.0.1:4000/files/x", "http://127.0.0.1:4000/api/") is not None
    assert own_address("http://127.0.0.1:4001/files/x", "http://127.0.0.1:4000/api/") is None
    assert own_address("https://127.0.0.1:4000/files/x", "http://127.0.0.1:4000/api/") is None


def test_another_slack_has_its_own_domain() -> None:
    gov = "https://slack-gov.com/api/"

    assert own_address("https://files.slack-gov.com/x", gov) is not None
    assert own_address("https://files.slack-gov.com/x", API) is None
    assert own_address("https://evilslack-gov.com/x", gov) is None


@pytest.mark.parametrize(
    ("location", "place"),
    [
        ("/other", "https://files.slack.com/other"),
        ("other", "https://files.slack.com/a/other"),
        ("//slack-files.com/x", "https://slack-files.com/x"),
        ("//evil.example/x", None),
        ("http://files.slack.com/x", None),
        ("https://[::1", None),
        ("", "https://files.slack.com/a/b"),
    ],
)
def test_a_redirect_leads_to_slack_or_nowhere(location: str, place: str | None) -> None:
    assert own_address(location, API, "https://files.slack.com/a/b") == place


def test_a_proxy_is_for_all_hosts_but_the_excepted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example:3128")
    monkeypatch.setenv("NO_PROXY", "localhost,.internal.example")

    assert proxy_for("wss://wss-primary.slack.com/link/?ticket=1") == "http://proxy.example:3128"
    assert proxy_for("https://slack.internal.example/api/") is None

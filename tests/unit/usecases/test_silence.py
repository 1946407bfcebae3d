"""Why an automatic reply may not go out; the answer is a sentence that agents read."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from fakes.standing_house import START, shipped
from intakebot.usecases.house import House
from intakebot.usecases.replies import Correspondent
from intakebot.usecases.rules_in_force import RulesInForce
from intakebot.usecases.silence import Lately, why_not_automatic

SETTINGS, RULESET, TEMPLATES = shipped()
HOUSE = House(SETTINGS.organisation, RulesInForce(RULESET), TEMPLATES, None, iter(range(9)).__next__, b"key")  # type: ignore[arg-type] # no time here

ANN = Correspondent("ann@acme.example")
FINE: dict[str, Any] = {"to": ANN, "on_case": 0, "lately": Lately()}


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        pytest.param({}, "", id="nothing-speaks-against-it"),
        pytest.param({"lately": Lately(replies=2)}, "", id="two-today"),
        pytest.param({"to": Correspondent("eve@sub.intakebot.example")}, "", id="a-subdomain-is-not-ours"),
        pytest.param({"to": None}, "no address", id="no-address"),
        pytest.param({"to": Correspondent("support@intakebot.example")}, "our own", id="our-address"),
        pytest.param({"to": Correspondent("support+x@intakebot.example")}, "our own", id="our-address-with-token"),
        pytest.param({"to": Correspondent("alice@intakebot.example")}, "our own", id="our-domain"),
        pytest.param({"on_case": 1}, "has had its automatic reply", id="once-per-case"),
        pytest.param({"lately": Lately(replies=3)}, "has had 3 automatic replies", id="three-today"),
        pytest.param({"lately": Lately(everywhere=599)}, "", id="many-in-an-hour"),
        pytest.param({"lately": Lately(everywhere=600)}, "600 automatic replies", id="too-many-in-an-hour"),
        pytest.param({"lately": Lately(bounced_at=START - timedelta(days=6))}, "muted until", id="muted"),
        pytest.param({"lately": Lately(bounced_at=START - timedelta(days=7))}, "", id="muted-long-ago"),
    ],
)
def test_why_not(given: dict[str, Any], sentence: str) -> None:
    reason = why_not_automatic(HOUSE, at=START, **FINE | given)
    assert sentence in reason
    assert bool(reason) is bool(sentence)

"""Which of our addresses a recipient is, however it is written."""

from __future__ import annotations

import pytest

from intakebot.domain.organisation import Organisation, ReceivingAddress

UNICODE, PUNYCODE = "hjälp@bücher.example", "hjälp@xn--bcher-kva.example"


def house(*addresses: str) -> Organisation:
    known = {address: ReceivingAddress(address, "desk") for address in addresses}
    return Organisation({}, {}, known, {}, {}, {}, "standard", "triage")


@pytest.mark.parametrize("ours", [UNICODE, PUNYCODE])
@pytest.mark.parametrize(
    "written",
    [
        UNICODE,
        PUNYCODE,
        "HJÄLP@BÜCHER.example",
        "hjälp+token@bücher.example",
        "HJA\u0308LP+x@XN--BCHER-KVA.EXAMPLE",
        "hja\u0308lp@bu\u0308cher.example",
    ],
)
def test_an_address_beyond_ascii_is_ours_in_every_form(ours: str, written: str) -> None:  # case G06, SMTPUTF8
    found = house(ours).receiving(written)
    assert found is not None
    assert found.address == ours


@pytest.mark.parametrize(
    "written",
    ["hjalp@bücher.example", "hjälp@bucher.example", "hjälp@xn--.example", "hjälp@" + "ü" * 300, "@", "hjälp@"],
)
def test_what_only_looks_alike_is_not(written: str) -> None:
    assert house(UNICODE).receiving(written) is None

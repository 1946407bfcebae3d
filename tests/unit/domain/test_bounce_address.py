"""A bounce address names one delivery, and nobody but this house can make one."""

from __future__ import annotations

import pytest

from intakebot.domain.bounce_address import bounce_address, delivery_of_bounce

KEY = b"a key that only this house knows"
DELIVERY = 7_423_118_662_001_234_567


def test_it_names_the_delivery_whatever_a_host_does_to_its_case() -> None:
    address = bounce_address(KEY, "support@helpdesk.example", DELIVERY)
    assert address.startswith("support+b-")
    assert address.endswith("@helpdesk.example")
    for written in (address, address.upper(), address.title()):
        assert delivery_of_bounce((KEY,), written) == DELIVERY


def test_the_local_part_is_short_enough_for_every_host() -> None:
    longest = bounce_address(KEY, "a" * 22 + "@helpdesk.example", DELIVERY)
    assert len(longest.partition("@")[0]) == 64
    too_long = "a" * 23 + "@helpdesk.example"
    assert bounce_address(KEY, too_long, DELIVERY) == too_long


def test_an_address_that_has_a_plus_of_its_own_works() -> None:
    assert delivery_of_bounce((KEY,), bounce_address(KEY, "desk+eu@helpdesk.example", 1)) == 1


@pytest.mark.parametrize("swap", ["another key", "another delivery", "another letter"])
def test_nobody_else_can_make_one(swap: str) -> None:  # case D10
    made = bounce_address(b"another key" if swap == "another key" else KEY, "support@helpdesk.example", DELIVERY)
    local, _, domain = made.partition("@")
    if swap == "another delivery":
        other = bounce_address(KEY, "support@helpdesk.example", 1).partition("@")[0]
        local = other[: len("support+b-") + 12] + local[len("support+b-") + 12 :]
    if swap == "another letter":
        local = local[:-3] + ("a" if local[-3] != "a" else "c") + local[-2:]
    assert delivery_of_bounce((KEY,), f"{local}@{domain}") is None


@pytest.mark.parametrize("address", ["", "support@helpdesk.example", "support+b-@x.example", "support+b-" + "7" * 39])
def test_other_addresses_name_nothing(address: str) -> None:
    assert delivery_of_bounce((KEY,), address) is None


def test_what_left_before_the_key_was_changed_still_names_its_delivery() -> None:  # case D08
    made = bounce_address(b"an older key", "support@helpdesk.example", DELIVERY)
    assert delivery_of_bounce((KEY, b"an older key"), made) == DELIVERY
    assert delivery_of_bounce((KEY,), made) is None
    assert delivery_of_bounce((), made) is None

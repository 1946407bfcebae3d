"""Whole conversations, held through the doors of the house on real databases. See `conversation` for their form."""

from __future__ import annotations

import pytest

from fakes.standing_house import StandingHouse
from integration.conversation import Conversation, conversations
from integration.invariants import Watcher

ALL = conversations()


@pytest.mark.parametrize("name", ALL)
async def test_conversation(name: str, standing: StandingHouse) -> None:
    await Conversation(standing, Watcher(standing)).hold(ALL[name])

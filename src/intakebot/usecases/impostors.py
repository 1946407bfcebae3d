"""Impostors: senders whose name or domain is made to look like one of ours. Called by `assess`. Pure.

Nothing is refused for it: the case is marked, and the sender is shown by the plain address.
"""

from __future__ import annotations

import re

from intakebot.domain.messages import Address
from intakebot.reading.authentication import ascii_domain
from intakebot.reading.lookalikes import skeleton, turns_text
from intakebot.usecases.house import House

IMPOSTOR = "looks-like-another"
"""The marker of a case whose sender has a name or a domain that looks like somebody else's."""
_ADDRESS = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+\.[^\s@<>\"]+")


def impostor(house: House, sender: Address | None) -> str:
    """Whom a sender seems to imitate, as a sentence; '' for everybody else, our own addresses, and in a chat."""
    own = house.organisation.own_domains
    if sender is None or "@" not in sender.address or sender.domain in own:
        return ""
    if turns_text(sender.name) or turns_text(sender.address):
        return "the sender's name has signs that turn the direction of writing"
    named = _ADDRESS.search(sender.name)
    if named and named[0].lower() != sender.address.lower():
        return f"the sender's name is another address than {sender.address}"
    if sender.name and skeleton(sender.name) in _names(house, sender):
        return f"the sender has the name of an agent, and writes from {sender.address}"
    if skeleton(sender.domain) in {skeleton(domain) for domain in own}:
        return f"the sender's domain looks like one of ours: {ascii_domain(sender.domain)}"
    return ""


def _names(house: House, sender: Address) -> set[str]:
    """What our agents are called, but for an agent who writes from the address that we know."""
    agents = (agent for agent in house.agents() if agent.email.lower() != sender.address.lower())
    return {skeleton(agent.name) for agent in agents}

"""Who may act in this house's name from Slack: people of our own workspace, and nobody else. Pure.

Called by `people` before it looks for the agent behind somebody. The sentences are read by the person who is refused,
so they say what to do next and nothing about cases.
"""

from __future__ import annotations

from dataclasses import dataclass

from intakebot.domain.errors import RefusedError


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody in Slack, as their profile says. `is_stranger`: of another workspace, or nobody that we may see."""

    team: str
    user: str
    name: str
    email: str = ""
    is_bot: bool = False
    is_guest: bool = False
    is_stranger: bool = False
    is_deleted: bool = False
    zone: str = "UTC"


def refusal(person: Person) -> RefusedError | None:
    """Why somebody can be no agent, in words for that person; None when they can."""
    if person.is_bot:
        return RefusedError("agent.bot", "apps and bots do not work on cases; ask a person to do it")
    if person.is_stranger:
        sentence = (
            "only people of the workspace that answers here work on cases; write in the channel, and they will see it"
        )
        return RefusedError("agent.outsider", sentence)
    if person.is_deleted:
        return RefusedError(
            "agent.deactivated", "your account here is deactivated; ask an administrator of the workspace"
        )
    if person.is_guest:
        return RefusedError(
            "agent.guest", "guests do not work on cases; write in the channel, and an agent will see it"
        )
    return None


def unknown(user: str) -> RefusedError:
    """For somebody who could be an agent and is none."""
    sentence = (
        f"you are no agent here; ask whoever runs the intake to add {user} to the agents or to one of their groups"
    )
    return RefusedError("agent.unknown", sentence)

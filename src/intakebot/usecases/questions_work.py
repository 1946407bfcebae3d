"""An agent's own work, and what there is to choose from in forms, as JSON-like data. Called by `questions`."""

from __future__ import annotations

from typing import Any

from intakebot.domain.case import Priority
from intakebot.domain.errors import RefusedError
from intakebot.domain.organisation import Agent
from intakebot.ports import Archive
from intakebot.usecases.act import MARKERS
from intakebot.usecases.house import House
from intakebot.usecases.preview import as_read

MINE_ON_A_PAGE, UNCLAIMED_SHOWN, UNDELIVERED_SHOWN, CUSTOMERS_SHOWN = 20, 10, 10, 20
_NO_FIGURES = {"waiting": 0, "in_charge": 0, "oldest_waiting_at": None}


def agent_home(house: House, archive: Archive, agent_id: str, page: int) -> dict[str, Any]:
    """What is the agent's, what waits in the agent's queues, and what did not arrive; pages count from 1."""
    agent = house.known_agent(agent_id)
    if agent is None or not agent.active:
        raise RefusedError("agent.unknown", f"{agent_id!r} is no active agent of this house")
    at = max(page, 1)
    mine = archive.owned_by(agent.id, MINE_ON_A_PAGE, (at - 1) * MINE_ON_A_PAGE)
    unclaimed = archive.unclaimed_in(agent.queues, UNCLAIMED_SHOWN, 0)
    return {
        "agent": {"id": agent.id, "name": agent.name},
        "mine": list(mine.rows),
        "mine_total": mine.total,
        "queues": _queues(house, archive, agent),
        "unclaimed": list(unclaimed.rows),
        "unclaimed_total": unclaimed.total,
        "undelivered": list(archive.undelivered(agent.id, agent.queues, UNDELIVERED_SHOWN)),
        "page": at,
        "pages": max(1, -(-mine.total // MINE_ON_A_PAGE)),
    }


def _queues(house: House, archive: Archive, agent: Agent) -> list[dict[str, Any]]:
    figures = archive.queues()
    found = (house.organisation.queues[name] for name in agent.queues if name in house.organisation.queues)
    return [
        {"name": queue.name, "title": queue.title}
        | {name: figures.get(queue.name, _NO_FIGURES)[name] for name in _NO_FIGURES}
        for queue in found
    ]


def house_choices(house: House, archive: Archive) -> dict[str, Any]:
    """Everything that a form may offer."""
    organisation = house.organisation
    return {
        "queues": [
            {"name": queue.name, "title": queue.title, "workflows": list(queue.workflows)}
            for _, queue in sorted(organisation.queues.items())
        ],
        "agents": [{"id": agent.id, "name": agent.name, "queues": list(agent.queues)} for agent in house.agents()],
        "addresses": [
            {"address": known.address, "title": organisation.workflows[known.workflow].title}
            for known in organisation.addresses.values()
        ],
        "categories": sorted({*_categories_of_rules(house), *archive.categories()}),
        "priorities": [priority.value for priority in Priority],
        "markers": [*MARKERS, *organisation.markers],
    }


def _categories_of_rules(house: House) -> set[str]:
    stage = house.ruleset.stage("classify")
    written = [rule.then.plain() for rule in stage.rules] + ([stage.default.plain()] if stage.default else [])
    found = (outcome.get("category") for outcome in written if isinstance(outcome, dict))
    return {category for category in found if isinstance(category, str) and "{" not in category}


def template_choices(house: House, archive: Archive, number: int) -> list[dict[str, Any]]:
    """The resolution templates, each with the subject that this case's caller would read."""
    file, render = archive.case_file(number), house.render
    return [
        {"name": name, "subject": as_read(house, file, name).subject, "languages": list(render.languages(name))}
        for name in render.resolutions()
    ]


def customers_found(archive: Archive, text: str) -> list[dict[str, Any]]:
    """Customers to choose from while somebody types."""
    return list(archive.customers_like(text, CUSTOMERS_SHOWN))

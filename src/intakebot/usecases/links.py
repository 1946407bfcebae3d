"""Links between cases: an agent says that one belongs to another, or follows it. Only the linking case changes."""

from __future__ import annotations

from datetime import datetime

from intakebot.domain.actors import Actor
from intakebot.domain.case import Case, alter
from intakebot.domain.change import Change
from intakebot.domain.commands import Link
from intakebot.domain.errors import RefusedError
from intakebot.domain.lifecycle import refuse_if_final
from intakebot.ports import CaseFile, Store
from intakebot.usecases.house import House

_FIELDS = {"parent": "parent_id", "predecessor": "follows_id"}
RELATIONS = tuple(_FIELDS)
_LONGEST_CHAIN = 100


def link_case(house: House, store: Store, file: CaseFile, command: Link, by: Actor, at: datetime) -> Change:
    """Link a case to its parent or predecessor, which may have ended. Raises RefusedError, NotFoundError."""
    refuse_if_final(file.case)
    field = _FIELDS.get(command.relation)
    if field is None:
        raise RefusedError("link.relation", f"there is no relation {command.relation!r}; known: {', '.join(RELATIONS)}")
    other = store.case_file(command.other).case
    if _leads_to(store, other, field, file.case.id):
        raise RefusedError("link.circle", f"{other.label} belongs to {file.case.label} or follows it already")
    note = f"{command.relation} {other.label}"
    case, event = alter(file.case, house.new_id(), "case.linked", by, at, note, **{field: other.id})
    return Change(cases=(case,), events=(event,))


def _leads_to(store: Store, start: Case, field: str, wanted: int) -> bool:
    """Whether the links of a kind lead from `start` to the wanted case; a chain that does not end counts as such."""
    found = start
    for _ in range(_LONGEST_CHAIN):
        if found.id == wanted:
            return True
        next_id = getattr(found, field)
        if next_id is None:
            return False
        found = store.case_file_by_id(next_id).case
    return True

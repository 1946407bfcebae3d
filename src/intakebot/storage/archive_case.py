"""A whole case for people, as JSON-like data: read over one connection, by statements that are made once.

Called by `archive`. Cards, lists of what happened and answers to agents come from here many times a second, and
making a statement costs several times what SQLite needs to answer it.
"""

from __future__ import annotations

from sqlalchemy import Connection, Select, Table, bindparam, or_, select

from intakebot.domain.case import Case, shown_number
from intakebot.domain.errors import NotFoundError
from intakebot.storage.case_rows import case_of
from intakebot.storage.directory import read_callers
from intakebot.storage.directory_tables import (
    accounts,
    agreements,
    caller_addresses,
    callers,
    customers,
    subscriptions,
)
from intakebot.storage.json_rows import JsonRow, json_record, json_row
from intakebot.storage.rows import KEYS, select_in
from intakebot.storage.tables import case_events, case_messages, cases, comments, deliveries, tasks, timers

Wanted = Select[tuple[object, ...]]


def _of_case(table: Table) -> Wanted:
    return select(table).where(table.c.case_id == bindparam("case_id")).order_by(table.c.id)


def _by_id(table: Table) -> Wanted:
    return select(table).where(table.c.id == bindparam("id"))


_CASE = select(cases).where(cases.c.number == bindparam("number"))
_ID_OF_NUMBER = select(cases.c.id).where(cases.c.number == bindparam("number"))
_CUSTOMER, _ACCOUNT, _SUBSCRIPTION = map(_by_id, (customers, accounts, subscriptions))
_TASKS, _COMMENTS, _MESSAGES, _DELIVERIES = map(_of_case, (tasks, comments, case_messages, deliveries))
_EVENTS = _of_case(case_events)
_TIMERS = select(timers).where(timers.c.case_id == bindparam("case_id")).order_by(timers.c.due_at)
_AGREEMENTS = select(agreements).where(agreements.c.id.in_(KEYS)).order_by(agreements.c.id)
_LINKED = (
    select(cases.c.id, cases.c.number, cases.c.title, cases.c.status, cases.c.parent_id, cases.c.follows_id)
    .where(
        or_(
            cases.c.id == bindparam("parent_id"),
            cases.c.id == bindparam("follows_id"),
            cases.c.parent_id == bindparam("case_id"),
            cases.c.follows_id == bindparam("case_id"),
        )
    )
    .order_by(cases.c.id)
)
_NAMES = (
    select(caller_addresses.c.address, callers.c.name)
    .join(callers, callers.c.id == caller_addresses.c.caller_id)
    .where(caller_addresses.c.address.in_(KEYS), callers.c.name != "")
)


def whole_case(connection: Connection, number: int) -> JsonRow:
    """A case with everything that belongs to it; raises NotFoundError."""
    row = _one(connection, _CASE, number)
    case_id = row["id"]
    return row | {
        "label": shown_number(number),
        "caller": _caller(connection, row["caller_id"]),
        "customer": _named(connection, _CUSTOMER, row["customer_id"]),
        "account": _named(connection, _ACCOUNT, row["account_id"]),
        "subscription": _named(connection, _SUBSCRIPTION, row["subscription_id"]),
        "agreements": _agreements(connection, row),
        "tasks": _rows(connection, _TASKS, case_id=case_id),
        "comments": _rows(connection, _COMMENTS, case_id=case_id),
        "messages": _messages(connection, case_id),
        "deliveries": _rows(connection, _DELIVERIES, case_id=case_id),
        "links": _links(connection, row),
        "timers": _rows(connection, _TIMERS, case_id=case_id),
    }


def history(connection: Connection, number: int) -> list[JsonRow]:
    """The events of a case, oldest first; raises NotFoundError."""
    return _rows(connection, _EVENTS, case_id=id_of_number(connection, number))


def case_alone(connection: Connection, number: int) -> Case:
    """The case without what belongs to it; raises NotFoundError."""
    row = connection.execute(_CASE, {"number": number}).one_or_none()
    if row is None:
        raise NotFoundError(f"there is no case {shown_number(number)}")
    return case_of(row)


def id_of_number(connection: Connection, number: int) -> int:
    """The id of the case of this number; raises NotFoundError."""
    return int(_one(connection, _ID_OF_NUMBER, number)["id"])


def _rows(connection: Connection, statement: Wanted, **bound: object) -> list[JsonRow]:
    return [json_row(row) for row in connection.execute(statement, bound)]


def _one(connection: Connection, statement: Wanted, number: int) -> JsonRow:
    rows = _rows(connection, statement, number=number)
    if not rows:
        raise NotFoundError(f"there is no case {shown_number(number)}")
    return rows[0]


def _named(connection: Connection, statement: Wanted, wanted: int | None) -> JsonRow | None:
    rows = _rows(connection, statement, id=wanted) if wanted is not None else []
    return rows[0] if rows else None


def _caller(connection: Connection, caller_id: int | None) -> JsonRow | None:
    found = None if caller_id is None else read_callers(connection, [caller_id]).get(caller_id)
    return json_record(found) if found else None


def _agreements(connection: Connection, case: JsonRow) -> list[JsonRow]:
    ids = (case["support_agreement_id"], case["customer_agreement_id"])
    wanted = [agreement_id for agreement_id in ids if agreement_id is not None]
    return [json_row(row) for row in select_in(connection, _AGREEMENTS, wanted)]


def _messages(connection: Connection, case_id: int) -> list[JsonRow]:
    """What callers said, each with the name that its sender is known by."""
    said = _rows(connection, _MESSAGES, case_id=case_id)
    names = {row.address: row.name for row in select_in(connection, _NAMES, {row["sender"] for row in said})}
    return [
        row | {"new_text": row["new_text"] or row["text"], "sender_name": names.get(row["sender"], row["sender"])}
        for row in said
    ]


def _links(connection: Connection, case: JsonRow) -> list[JsonRow]:
    """Cases that this one belongs to or follows, and the ones that belong to or follow it."""
    known = {"case_id": case["id"], "parent_id": case["parent_id"], "follows_id": case["follows_id"]}
    rows = _rows(connection, _LINKED, **known)
    return [{**row, "label": shown_number(row["number"]), "relation": _relation(case, row)} for row in rows]


def _relation(case: JsonRow, linked: JsonRow) -> str:
    """What the linked case is to this one."""
    if linked["id"] == case["parent_id"]:
        return "parent"
    if linked["id"] == case["follows_id"]:
        return "predecessor"
    return "child" if linked["parent_id"] == case["id"] else "successor"

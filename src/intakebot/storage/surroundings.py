"""What storage knows around contacts: looked up for a whole batch with one query per kind of clue.

Called by the store; the answers' meaning is `ports.Surroundings`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import chain
from typing import Any, TypeVar

from sqlalchemy import Column, Connection, Select, bindparam, func, select
from sqlalchemy.exc import SQLAlchemyError

from intakebot.domain.customer import Caller, CustomerRecord
from intakebot.domain.delivery import Delivery, DeliveryState
from intakebot.domain.errors import StorageUnavailableError
from intakebot.domain.ids import least_id_of
from intakebot.ports import CaseFile, Clues, Surroundings
from intakebot.storage.case_files import read_case_files
from intakebot.storage.delivery_records import delivery_of
from intakebot.storage.directory import read_callers, read_customers
from intakebot.storage.directory_tables import caller_addresses, customer_domains, customers, support_keys
from intakebot.storage.engine import Database
from intakebot.storage.rows import KEYS, select_in
from intakebot.storage.tables import cases, deliveries, thread_ids

KeyT = TypeVar("KeyT", int, str)
REPLIES_COUNTED = timedelta(hours=24)
REPLIES_EVERYWHERE_COUNTED = timedelta(hours=1)
BOUNCES_COME_WITHIN = timedelta(days=14)
"""How old a delivery may be that a bounce without proof is thought to be about."""
MOST_OPEN_CASES = 50

_ADDRESS_OWNERS = select(caller_addresses).where(caller_addresses.c.address.in_(KEYS))
_DOMAIN_OWNERS = select(customer_domains).where(customer_domains.c.domain.in_(KEYS))
_ROOM_OWNERS = select(customers.c.id, customers.c.reference).where(customers.c.reference.in_(KEYS))
_KEY_OWNERS = select(support_keys.c.key, support_keys.c.customer_id).where(support_keys.c.key.in_(KEYS))
_THREAD_CASES = (
    select(thread_ids.c.message_id.label("wanted"), thread_ids.c.case_id)
    .where(thread_ids.c.message_id.in_(KEYS))
    .order_by(thread_ids.c.case_id)
)
_BOUNCED = select(deliveries).where(deliveries.c.message_id.in_(KEYS)).order_by(deliveries.c.id)
_BOUNCED_BY_ID = select(deliveries).where(deliveries.c.id.in_(KEYS)).order_by(deliveries.c.id)
_SENT_TO = (
    select(deliveries)
    .where(deliveries.c.recipient.in_(KEYS), deliveries.c.created_at > bindparam("since"))
    .order_by(deliveries.c.id)
)
_LAST_BOUNCE = (
    select(deliveries.c.recipient, func.max(deliveries.c.settled_at).label("bounced_at"))
    .where(deliveries.c.recipient.in_(KEYS), deliveries.c.state == DeliveryState.BOUNCED.value)
    .group_by(deliveries.c.recipient)
)
_REPLIES_EVERYWHERE = select(func.count()).where(
    deliveries.c.id >= bindparam("least"),
    deliveries.c.automatic,
    deliveries.c.state != DeliveryState.WITHDRAWN.value,
)
_REPLIES = (
    select(deliveries.c.recipient, func.count().label("replies"))
    .where(
        deliveries.c.recipient.in_(KEYS),
        deliveries.c.automatic,
        deliveries.c.state != DeliveryState.WITHDRAWN.value,
        deliveries.c.created_at > bindparam("since"),
    )
    .group_by(deliveries.c.recipient)
)


def look_around(database: Database, clues: Clues, at: datetime) -> Surroundings:
    """What storage knows around one contact that is not kept, read only; also beside a running service.

    Raises StorageUnavailableError, also for a database that this program has not brought up to date yet.
    """
    try:
        with database.reading.connect() as connection:
            return read_surroundings(connection, [clues], at)[0]
    except SQLAlchemyError as error:
        sentence = f"the database cannot be read as it is ({type(error).__name__}); start the service once"
        raise StorageUnavailableError(sentence) from error


def _open_cases_by(column: Column[Any]) -> Select[Any]:
    newest = func.row_number().over(partition_by=column, order_by=cases.c.id.desc())
    ranked = (
        select(column.label("wanted"), cases.c.id.label("case_id"), newest.label("rank"))
        .where(column.in_(KEYS), cases.c.closed_at.is_(None), cases.c.ended_as.is_(None))
        .subquery()
    )
    return (
        select(ranked.c.wanted, ranked.c.case_id)
        .where(ranked.c.rank <= MOST_OPEN_CASES)
        .order_by(ranked.c.case_id.desc())
    )


_OPEN_BY_CUSTOMER = _open_cases_by(cases.c.customer_id)
_OPEN_BY_CALLER = _open_cases_by(cases.c.caller_id)


@dataclass(frozen=True, slots=True)
class _People:
    """Who the senders and keys of a batch are."""

    callers: dict[tuple[str, str], Caller]
    customer_of_domain: dict[str, int]
    customer_of_key: dict[str, int]
    customer_of_room: dict[str, int]
    customers: dict[int, CustomerRecord]

    def caller(self, clues: Clues) -> Caller | None:
        return self.callers.get((clues.channel, clues.sender.lower()))

    def customer(self, clues: Clues) -> CustomerRecord | None:
        caller = self.caller(clues)
        by_record = caller.customer_id if caller else None
        by_domain = self.customer_of_domain.get(_domain(clues.sender))
        return self.customers.get(by_record or by_domain or self.customer_of_room.get(clues.room_of, 0))

    def proposed(self, clues: Clues) -> CustomerRecord | None:
        """Whose customer the claimed mail address belongs to; it proves nothing."""
        caller = self.callers.get(("email", clues.claimed.lower()))
        by_record = caller.customer_id if caller else None
        return self.customers.get(by_record or self.customer_of_domain.get(_domain(clues.claimed), 0))


@dataclass(frozen=True, slots=True)
class _Cases:
    """The cases that a batch is about: by clue their ids, and the files of all of them."""

    threads: dict[str, list[int]]
    open_by_customer: dict[int, list[int]]
    open_by_caller: dict[int, list[int]]
    bounced: dict[str | int, Delivery]
    sent_to: dict[str, Delivery]
    files: dict[int, CaseFile]

    def of(self, ids: Iterable[int]) -> tuple[CaseFile, ...]:
        return tuple(self.files[case_id] for case_id in dict.fromkeys(ids))

    def open_of(self, caller: Caller | None, customer: CustomerRecord | None) -> tuple[CaseFile, ...]:
        if customer is not None:
            return self.of(self.open_by_customer[customer.customer.id])
        return self.of(self.open_by_caller[caller.id]) if caller else ()


def read_surroundings(connection: Connection, clues: Sequence[Clues], at: datetime) -> list[Surroundings]:
    """One answer per clues, in order."""
    people = _read_people(connection, clues)
    found = _read_cases(connection, clues, people, at)
    lately = read_lately(connection, [address for each in clues for address in _answered_at(each)], at)
    return [_around(each, people, found, lately) for each in clues]


def _around(clues: Clues, people: _People, found: _Cases, lately: Lately) -> Surroundings:
    caller, customer = people.caller(clues), people.customer(clues)
    names = dict.fromkeys((*clues.bounced_deliveries, *clues.bounced_ids))
    bounced = {found.bounced[name].id: found.bounced[name] for name in names if name in found.bounced}.values()
    suspected = [found.sent_to[address] for address in clues.bounced_addresses if address in found.sent_to]
    owners = {key: people.customer_of_key[key] for key in clues.quoted_keys if key in people.customer_of_key}
    return Surroundings(
        caller=caller,
        customer=customer,
        threads=found.of(case_id for name in clues.message_ids for case_id in found.threads[name]),
        open_cases=found.open_of(caller, customer),
        key_owners={key: people.customers[customer_id] for key, customer_id in owners.items()},
        bounced=tuple((delivery, found.files[delivery.case_id]) for delivery in bounced),
        replies_today=sum(lately.replies.get(address, 0) for address in _answered_at(clues)),
        proposed=people.proposed(clues) if clues.claimed else None,
        suspected=tuple((delivery, found.files[delivery.case_id]) for delivery in suspected if not bounced),
        replies_everywhere=lately.everywhere,
        bounced_at=max(
            (lately.bounced[known] for known in _answered_at(clues) if known in lately.bounced), default=None
        ),
    )


def _answered_at(clues: Clues) -> set[str]:
    """Where automatic replies to this contact would go, in either case of letters; nowhere without a sender."""
    address = clues.answer_to or clues.sender
    return {address, address.lower()} - {""}


def _domain(address: str) -> str:
    return address.rpartition("@")[2].lower()


def _read_people(connection: Connection, clues: Sequence[Clues]) -> _People:
    senders = [address.lower() for each in clues for address in (each.sender, each.claimed) if address]
    owners = {(row.channel, row.address): row.caller_id for row in select_in(connection, _ADDRESS_OWNERS, senders)}
    by_id = read_callers(connection, owners.values())
    domains = select_in(connection, _DOMAIN_OWNERS, map(_domain, senders))
    customer_of_domain = {row.domain: row.customer_id for row in domains}
    quoted = select_in(connection, _KEY_OWNERS, [key for each in clues for key in each.quoted_keys])
    customer_of_key = {row.key: row.customer_id for row in quoted}
    rooms = select_in(connection, _ROOM_OWNERS, [each.room_of for each in clues if each.room_of])
    customer_of_room = {row.reference: row.id for row in rooms}
    of_callers = [caller.customer_id for caller in by_id.values() if caller.customer_id is not None]
    wanted = [*of_callers, *customer_of_domain.values(), *customer_of_key.values(), *customer_of_room.values()]
    return _People(
        callers={address: by_id[caller_id] for address, caller_id in owners.items()},
        customer_of_domain=customer_of_domain,
        customer_of_key=customer_of_key,
        customer_of_room=customer_of_room,
        customers=read_customers(connection, wanted),
    )


def _read_cases(connection: Connection, clues: Sequence[Clues], people: _People, at: datetime) -> _Cases:
    threads = _ids_by(connection, _THREAD_CASES, (name for each in clues for name in each.message_ids))
    customers = [people.customer(each) for each in clues]
    callers = [people.caller(each) for each, customer in zip(clues, customers, strict=True) if customer is None]
    by_customer = _ids_by(connection, _OPEN_BY_CUSTOMER, [each.customer.id for each in customers if each])
    by_caller = _ids_by(connection, _OPEN_BY_CALLER, [each.id for each in callers if each])
    bounced, sent_to = _read_bounced(connection, clues, at)
    listed = chain(*threads.values(), *by_customer.values(), *by_caller.values())
    of_bounces = {delivery.case_id for delivery in (*bounced.values(), *sent_to.values())}
    files = read_case_files(connection, {*listed, *of_bounces})
    return _Cases(threads, by_customer, by_caller, bounced, sent_to, files)


def _read_bounced(
    connection: Connection, clues: Sequence[Clues], at: datetime
) -> tuple[dict[str | int, Delivery], dict[str, Delivery]]:
    """The deliveries that machine mail is about, by id and Message-ID; and the newest to each address it names."""
    by_name = select_in(connection, _BOUNCED, [name for each in clues for name in each.bounced_ids])
    by_id = select_in(connection, _BOUNCED_BY_ID, [name for each in clues for name in each.bounced_deliveries])
    bounced: dict[str | int, Delivery] = {row.message_id: delivery_of(row) for row in by_name}
    bounced |= {row.id: delivery_of(row) for row in by_id}
    addresses = [address for each in clues for address in each.bounced_addresses]
    sent = select_in(connection, _SENT_TO, addresses, since=at - BOUNCES_COME_WITHIN)
    return bounced, {row.recipient: delivery_of(row) for row in sent}


def _ids_by(connection: Connection, statement: Select[Any], keys: Iterable[KeyT]) -> dict[KeyT, list[int]]:
    grouped: dict[KeyT, list[int]] = defaultdict(list)
    for row in select_in(connection, statement, keys):
        grouped[row.wanted].append(row.case_id)
    return grouped


@dataclass(frozen=True, slots=True)
class Lately:
    """What left of late: automatic replies by address and to anybody, and when mail last came back, by address."""

    replies: dict[str, int]
    everywhere: int
    bounced: dict[str, datetime]


def read_lately(connection: Connection, addresses: Iterable[str], at: datetime) -> Lately:
    """Count what limits automatic replies to these addresses."""
    wanted = set(addresses)
    replies = select_in(connection, _REPLIES, wanted, since=at - REPLIES_COUNTED)
    bounced = select_in(connection, _LAST_BOUNCE, wanted)
    return Lately(
        {row.recipient: row.replies for row in replies},
        replies_everywhere(connection, at),
        {row.recipient: row.bounced_at for row in bounced if row.bounced_at is not None},
    )


def replies_everywhere(connection: Connection, at: datetime) -> int:
    """How many automatic replies were written in the last hour, to anybody."""
    least = least_id_of(at - REPLIES_EVERYWHERE_COUNTED)
    return int(connection.scalar(_REPLIES_EVERYWHERE, {"least": least}) or 0)

"""The directory, and what is known around a contact."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from contract.storage.records import NOW, Room, altering, new_case, new_contact, new_delivery, new_id, opening, threaded
from intakebot.domain.change import Change
from intakebot.domain.customer import (
    Account,
    Agreement,
    AgreementKind,
    Caller,
    Customer,
    CustomerRecord,
    Subscription,
    SupportKey,
)
from intakebot.domain.delivery import DeliveryState
from intakebot.domain.errors import ConflictError, NotFoundError
from intakebot.ports import Clues, Surroundings
from intakebot.storage.archive import SqlArchive


def new_record(reference: str = "ACME", domain: str = "acme.example") -> CustomerRecord:
    customer = Customer(new_id(), reference, f"{reference} Ltd", "business", "gold", (domain,))
    account = Account(new_id(), customer.id, f"{reference}-A", "Main")
    subscription = Subscription(new_id(), account.id, customer.id, f"{reference}-S", "fibre")
    return CustomerRecord(
        customer,
        callers=(
            Caller(new_id(), "Ann", (("email", f"ann@{domain}"), ("slack", "U1" + reference)), customer.id, "de"),
        ),
        accounts=(account,),
        subscriptions=(subscription,),
        support_keys=(SupportKey(f"KEY-{reference}", subscription.id, customer.id),),
        agreements=(
            Agreement(
                id=new_id(),
                reference=f"{reference}-G",
                kind=AgreementKind.SUPPORT,
                policy="gold",
                customer_id=customer.id,
                subscription_id=subscription.id,
                valid_from=date(2026, 1, 1),
                valid_to=None,
            ),
        ),
    )


def around(room: Room, *clues: Clues) -> list[Surroundings]:
    return room.do(lambda store: store.surroundings(clues, NOW))


def clues(sender: str, *message_ids: str, keys: tuple[str, ...] = (), bounced: tuple[str, ...] = ()) -> Clues:
    return Clues("email", sender, message_ids, keys, bounced)


def test_a_customer_comes_back_with_all_that_hangs_on_it(room: Room) -> None:
    record = new_record()
    assert room.do(lambda store: store.import_customers([record])) == 1
    assert room.do(lambda store: store.customer_by_reference("ACME")) == record
    alone = room.do(lambda store: store.customer_of_caller(record.callers[0].id))
    assert alone == replace(record, callers=())
    assert SqlArchive(room.database, room.blobs).customer("ACME")["agreements"][0]["valid_from"] == "2026-01-01"
    with pytest.raises(NotFoundError):
        room.do(lambda store: store.customer_by_reference("acme"))


def test_importing_again_updates_by_reference_and_keeps_ids(room: Room) -> None:
    first, again = new_record(), new_record()
    renamed = replace(again, customer=replace(again.customer, name="Acme AG"))
    room.do(lambda store: store.import_customers([first]))
    assert room.do(lambda store: store.import_customers([renamed, new_record("BETA", "beta.example")])) == 1
    expected = replace(first, customer=replace(first.customer, name="Acme AG"))
    assert room.do(lambda store: store.customer_by_reference("ACME")) == expected


def test_a_caller_address_belongs_to_one_caller(room: Room) -> None:
    room.apply(Change(callers=(Caller(new_id(), "Ann", (("email", "ann@x.example"),)),)))
    with pytest.raises(ConflictError):
        room.apply(Change(callers=(Caller(new_id(), "Bob", (("email", "ann@x.example"),)),)))
    assert room.rows("SELECT count(*) FROM callers") == [(1,)]


def test_everything_around_a_batch_of_contacts(room: Room) -> None:
    record, other = new_record(), new_record("BETA", "beta.example")
    room.do(lambda store: store.import_customers([record, other]))
    stranger = Caller(new_id(), "Zoe", (("email", "zoe@nowhere.example"),))
    contact = new_contact(to=("crc@house.example", "other@house.example"))
    room.do(lambda store: store.keep([contact]))
    old = new_case(customer_id=record.customer.id, caller_id=record.callers[0].id, contact_id=contact.id)
    new = new_case(customer_id=record.customer.id)
    ended = new_case(customer_id=record.customer.id)
    hers = new_case(caller_id=stranger.id)
    owed = new_delivery(old)
    sent = new_delivery(old, state=DeliveryState.SENT, recipient="ann@acme.example")
    long_ago = new_delivery(old, recipient="ann@acme.example", created_at=NOW - timedelta(hours=25))
    withdrawn = new_delivery(old, recipient="ann@acme.example", state=DeliveryState.WITHDRAWN)
    by_hand = new_delivery(old, recipient="ann@acme.example", automatic=False)
    room.apply(
        opening(
            old,
            thread_ids=threaded(old, "<a>", "<b>"),
            deliveries=(owed, sent, long_ago, withdrawn, by_hand),
            callers=(stranger,),
        ),
        opening(new, thread_ids=threaded(new, "<c>")),
        opening(ended),
        opening(hers),
    )
    room.apply(altering(replace(ended, version=1), closed_at=NOW))

    known, by_domain, by_caller, nobody = around(
        room,
        clues("Ann@acme.example", "<c>", "<b>", "<a>", "<z>", keys=("KEY-BETA", "KEY-NO"), bounced=(sent.message_id,)),
        clues("new@ACME.example"),
        clues("zoe@nowhere.example"),
        clues(""),
    )
    assert known.caller == record.callers[0]
    assert known.customer == replace(record, callers=())
    assert [file.case.id for file in known.threads] == [new.id, old.id]
    assert [file.case.id for file in known.open_cases] == [new.id, old.id]
    assert known.key_owners == {"KEY-BETA": replace(other, callers=())}
    assert [(delivery.id, file.case.id) for delivery, file in known.bounced] == [(sent.id, old.id)]
    assert known.replies_today == 1
    file = known.threads[1]
    assert (file.caller, file.thread, file.received_at_address) == (
        record.callers[0],
        ("<a>", "<b>"),
        "crc@house.example",
    )
    assert [delivery.id for delivery in file.deliveries] == [owed.id, long_ago.id, by_hand.id]
    assert file.automatic_replies == 3
    assert (by_domain.caller, by_domain.customer) == (None, replace(record, callers=()))
    assert [file.case.id for file in by_domain.open_cases] == [new.id, old.id]
    assert (by_caller.caller, by_caller.customer) == (stranger, None)
    assert [file.case.id for file in by_caller.open_cases] == [hers.id]
    assert nobody == Surroundings(None, None, (), (), {}, (), 0)


def test_open_cases_are_the_newest_fifty(room: Room) -> None:
    record = new_record()
    room.do(lambda store: store.import_customers([record]))
    cases = [new_case(customer_id=record.customer.id) for _ in range(60)]
    room.apply(*(opening(case) for case in cases))
    (found,) = around(room, clues("ann@acme.example"))
    assert [file.case.id for file in found.open_cases] == [case.id for case in reversed(cases)][:50]


def test_what_machine_mail_is_about(room: Room) -> None:
    case = new_case()
    sent = new_delivery(case, state=DeliveryState.SENT, recipient="kari@fjord.example")
    later = new_delivery(case, state=DeliveryState.SENT, recipient="kari@fjord.example")
    long_ago = new_delivery(case, recipient="ann@acme.example", created_at=NOW - timedelta(days=15))
    back = new_delivery(case, state=DeliveryState.BOUNCED, recipient="dead@acme.example", settled_at=NOW)
    room.apply(opening(case, deliveries=(sent, later, long_ago, back)))
    by_path, by_both, by_address, too_old, muted = around(
        room,
        replace(clues(""), bounced_deliveries=(sent.id, 17), bounced_addresses=("kari@fjord.example",)),
        replace(clues("", bounced=(sent.message_id,)), bounced_deliveries=(sent.id,)),
        replace(clues(""), bounced_addresses=("kari@fjord.example", "nobody@fjord.example")),
        replace(clues(""), bounced_addresses=("ann@acme.example",)),
        clues("Dead@acme.example"),
    )
    assert [delivery.id for delivery, _ in by_path.bounced] == [sent.id]
    assert by_path.suspected == (), "what is proven needs no suspicion"
    assert [delivery.id for delivery, _ in by_both.bounced] == [sent.id]
    assert by_address.bounced == ()
    assert [(delivery.id, file.case.id) for delivery, file in by_address.suspected] == [(later.id, case.id)]
    assert too_old.suspected == ()
    assert muted.bounced_at == NOW
    assert by_address.bounced_at is None

"""Deliveries: claimed by one worker, settled step by step."""

from __future__ import annotations

import hashlib
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from contract.storage.records import NOW, Room, new_case, new_delivery, opening
from fakes.databases import ON_POSTGRES
from intakebot.domain.change import Change
from intakebot.domain.delivery import DeliveredFile, DeliverySettlement, DeliveryState
from intakebot.ports import Store
from intakebot.storage.archive import SqlArchive
from intakebot.storage.engine import open_database


def test_due_deliveries_are_claimed_oldest_first_with_the_attempt_counted(room: Room) -> None:
    case = new_case()
    late = new_delivery(case, due_at=NOW)
    early = new_delivery(case, due_at=NOW - timedelta(hours=1), state=DeliveryState.DEFERRED, attempts=2)
    future = new_delivery(case, due_at=NOW + timedelta(seconds=1))
    held = new_delivery(case, state=DeliveryState.HELD)
    room.apply(opening(case, deliveries=(late, early, future, held)))
    claimed = room.do(lambda store: store.claim_deliveries(NOW, 10))
    assert [(one.id, one.state, one.attempts) for one in claimed] == [
        (early.id, DeliveryState.SENDING, 3),
        (late.id, DeliveryState.SENDING, 1),
    ]
    assert room.do(lambda store: store.lost_deliveries(NOW, own=True)) == sorted(claimed, key=lambda one: one.id)
    assert room.do(lambda store: store.claim_deliveries(NOW, 10)) == []


def test_mails_that_left_for_a_case_are_known_newest_first(room: Room) -> None:
    case, other = new_case(), new_case()
    never = [DeliveryState.QUEUED, DeliveryState.DEFERRED, DeliveryState.FAILED, DeliveryState.WITHDRAWN]
    left = [DeliveryState.SENT, DeliveryState.HELD, DeliveryState.BOUNCED, DeliveryState.SENDING]
    mails = tuple(new_delivery(case, text=state.value, state=state) for state in (*never, *left))
    said = new_delivery(case, text="said in a chat", channel="slack", state=DeliveryState.SENT)
    room.apply(opening(case, deliveries=(*mails, said)), opening(other))
    assert room.do(lambda store: store.sent_mails(case.id)) == ["sending", "bounced", "held", "sent"]
    assert room.do(lambda store: store.sent_mails(other.id)) == []
    many = tuple(new_delivery(other, text=str(number), state=DeliveryState.SENT) for number in range(25))
    room.apply(Change(deliveries=many))
    assert room.do(lambda store: store.sent_mails(other.id)) == [str(number) for number in range(24, 4, -1)]


def test_settlements_write_the_state_and_its_steps(room: Room) -> None:
    case = new_case()
    delivery = new_delivery(case)
    room.apply(opening(case, deliveries=(delivery,)))
    room.do(lambda store: store.claim_deliveries(NOW, 1))
    later = NOW + timedelta(minutes=1)
    deferred = DeliverySettlement(delivery.id, DeliveryState.DEFERRED, "451 later", NOW, later, resends=1)
    sent = DeliverySettlement(delivery.id, DeliveryState.SENT, "250 taken", later)
    room.apply(Change(settlements=(deferred,)))
    assert room.do(lambda store: store.delivery(delivery.id)).due_at == later
    room.apply(Change(settlements=(sent,)))
    settled = room.do(lambda store: store.delivery(delivery.id))
    assert (settled.state, settled.answer, settled.due_at, settled.resends, settled.settled_at) == (
        DeliveryState.SENT,
        "250 taken",
        None,
        1,
        later,
    )
    shown = SqlArchive(room.database, room.blobs).delivery(delivery.id)
    assert [(step["position"], step["state"]) for step in shown["steps"]] == [
        (1, "sending"),
        (2, "deferred"),
        (3, "sent"),
    ]


# case C05: two workers, one outbox; SQLite has one process and one writer
@ON_POSTGRES
def test_two_workers_claim_different_deliveries_at_once(room: Room, url: str, tmp_path: Path) -> None:
    case = new_case()
    owed = tuple(new_delivery(case) for _ in range(10))
    room.apply(opening(case, deliveries=owed))
    other = Room(open_database(url, tmp_path / "other"))
    both_inside = threading.Barrier(2, timeout=20)

    def claim_and_stay(store: Store) -> set[int]:
        claimed = {delivery.id for delivery in store.claim_deliveries(NOW, 5)}
        both_inside.wait()
        return claimed

    found: list[set[int]] = []
    neighbour = threading.Thread(target=lambda: found.append(other.do(claim_and_stay)))
    neighbour.start()
    mine = room.do(claim_and_stay)
    neighbour.join()
    other.writer.close()
    other.database.close()
    assert len(mine) == 5
    assert mine | found[0] == {delivery.id for delivery in owed}


def a_file(content: bytes, name: str = "Plan ü.pdf") -> DeliveredFile:
    return DeliveredFile(name, "application/pdf", hashlib.sha256(content).hexdigest(), len(content), content)


def test_files_leave_with_their_delivery(room: Room) -> None:
    case = new_case()
    files = (a_file(b"%PDF"), a_file(b"", "empty"), a_file(b"%PDF", "the same again.pdf"))
    delivery = new_delivery(case, files=files)
    room.apply(opening(case, deliveries=(delivery,)))
    (claimed,) = room.do(lambda store: store.claim_deliveries(NOW, 1))
    assert claimed.files == files
    assert [file.content for file in claimed.files] == [b"%PDF", b"", b"%PDF"]
    assert [file.content for file in room.do(lambda store: store.delivery(delivery.id)).files] == [b"", b"", b""]
    (listed,) = SqlArchive(room.database, room.blobs).case(case.number)["deliveries"]
    assert listed["files"][0] == {
        "name": "Plan ü.pdf",
        "media_type": "application/pdf",
        "sha256": files[0].sha256,
        "size": 4,
    }


def test_a_file_that_is_gone_stops_no_other_delivery(room: Room) -> None:
    case = new_case()
    file = a_file(b"%PDF")
    room.apply(opening(case, deliveries=(new_delivery(case, files=(file,)), new_delivery(case))))
    next(room.database.data_dir.glob(f"blobs/*/{file.sha256}")).unlink()
    claimed = room.do(lambda store: store.claim_deliveries(NOW, 2))
    assert [[one.content for one in delivery.files] for delivery in claimed] == [[b""], []]


def test_a_file_is_owed_with_its_bytes_only(room: Room) -> None:
    case = new_case()
    with pytest.raises(ValueError, match="without its bytes"):
        room.apply(opening(case, deliveries=(new_delivery(case, files=(replace(a_file(b"%PDF"), content=b""),)),)))

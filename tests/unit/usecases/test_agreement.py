"""What people made of what the rules decided, read off histories."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest

from intakebot.domain.errors import RefusedError
from intakebot.ports.histories import History, HistoryLine
from intakebot.usecases.agreement import agreement_since, verdict_of

SINCE = "2026-03-01T00:00:00+00:00"
REGISTERED = HistoryLine("case.registered", "system", {"category": "a", "queue": "triage"}, "")


def line(kind: str, by: str, **changes: Any) -> HistoryLine:
    return HistoryLine(kind, by, changes, "")


ROUTED = line("case.dispatched", "rule:r", status="Queued", queue="support")
TAKEN = line("case.accepted", "agent:ann", status="Accepted", owner="ann")
MOVED = line("case.dispatched", "agent:ann", status="Queued", queue="noc", owner=None)
CLASSIFIED = line("case.classified", "agent:ann", category="b")
REROUTED = line("case.dispatched", "rule:r", queue="crc")
WORKED = line("comment.added", "agent:ann")
ANSWERED = line("case.completed", "agent:ann", status="Completed", resolution={"text": "x"})
VOIDED = line("case.voided", "agent:ann", ended_as="void")


def case(*lines: HistoryLine, number: int = 1, message_id: str = "") -> History:
    return History(number, message_id, (REGISTERED, ROUTED, *lines))


@pytest.mark.parametrize(
    ("lines", "people"),
    [
        ((), {}),
        ((WORKED,), {"category": "a", "queue": "support"}),
        ((TAKEN,), {"category": "a", "queue": "support"}),
        ((TAKEN, ANSWERED), {"category": "a", "queue": "support"}),
        ((MOVED,), {"category": "a", "queue": "noc"}),
        ((TAKEN, MOVED, TAKEN, ANSWERED), {"category": "a", "queue": "noc"}),  # taken only to be sent on
        ((TAKEN, WORKED, MOVED, TAKEN, ANSWERED), {"category": "a", "queue": "support"}),  # the work goes on elsewhere
        ((CLASSIFIED, REROUTED), {"category": "b", "queue": "crc"}),
        ((TAKEN, ANSWERED, CLASSIFIED), {"category": "b", "queue": "support"}),
        ((line("contact.appended", "system"),), {}),
        ((line("case.dispatched", "timer:x", queue="noc"),), {}),
    ],
)
def test_what_a_history_says(lines: tuple[HistoryLine, ...], people: dict[str, str]) -> None:
    verdict = verdict_of(case(*lines))
    assert verdict is not None
    if people:
        assert verdict.rules == {"category": "a", "queue": "support"}
    assert verdict.people == people


def test_a_case_that_a_person_opened_says_nothing_about_rules() -> None:
    assert verdict_of(History(1, "", (line("case.registered", "agent:ann", category="a"),))) is None


@dataclass
class Books:
    """Histories as an archive gives them."""

    all: list[History]

    def histories(self, since: datetime) -> Iterator[History]:
        assert since.isoformat() == SINCE
        return iter(self.all)


BOOKS = Books(
    [
        case(TAKEN, ANSWERED, number=1, message_id="1@x"),
        case(CLASSIFIED, TAKEN, number=2, message_id="2@x"),
        case(MOVED, CLASSIFIED, number=3, message_id="3@x"),
        case(number=4, message_id="4@x"),
        case(VOIDED, number=5, message_id="5@x"),
    ]
)


def test_agreement_is_counted_by_what_people_did() -> None:
    found = agreement_since(BOOKS, SINCE)
    assert (found["cases"], found["void"], found["truth"]) == (5, 1, None)
    assert found["category"] == {
        "judged": 3,
        "agreed": 1,
        "share": 0.3333,
        "chosen": [{"category": "a", "judged": 3, "agreed": 1, "share": 0.3333}],
        "differences": [{"rules": "a", "people": "b", "cases": 2, "examples": ["C-2", "C-3"]}],
    }
    assert (found["queue"]["judged"], found["queue"]["agreed"]) == (3, 2)
    assert found["queue"]["differences"] == [{"rules": "support", "people": "noc", "cases": 1, "examples": ["C-3"]}]


def test_a_list_from_elsewhere_is_the_truth() -> None:
    truth = [["<1@x>", "b", ""], ["4@x", "a", "noc"], ["5@x", "a", "noc"], ["9@x", "a", "noc"]]
    found = agreement_since(BOOKS, SINCE, truth)
    assert found["truth"] == {"rows": 4, "without_case": 2}
    assert (found["category"]["judged"], found["category"]["agreed"]) == (2, 1)
    assert (found["queue"]["judged"], found["queue"]["agreed"]) == (1, 0)


def test_nobody_has_judged_anything() -> None:
    assert agreement_since(Books([]), SINCE)["queue"]["share"] is None


@pytest.mark.parametrize("truth", [[["1@x", "a"]], [["1@x", "a", 3]], [[]]])
def test_a_list_of_another_shape_is_refused(truth: Any) -> None:
    with pytest.raises(RefusedError) as refusal:
        agreement_since(BOOKS, SINCE, truth)
    assert refusal.value.reason == "agreement.arguments"


@pytest.mark.parametrize("since", ["soon", "2026-03-01T00:00:00"])
def test_a_moment_is_one(since: str) -> None:
    with pytest.raises(RefusedError):
        agreement_since(BOOKS, since)

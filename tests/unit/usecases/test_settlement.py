"""The next state of a delivery, from what became of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from intakebot.domain.delivery import BACK_OFF, Delivery, DeliveryKind, DeliveryState
from intakebot.domain.errors import (
    DeliveryAmbiguousError,
    DeliveryDeferredError,
    DeliveryFailedError,
    DeliveryUnverifiableError,
    IntakebotError,
)
from intakebot.ports import Receipt
from intakebot.usecases.deliver import Sent, settlement_of

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
OWED = Delivery(
    id=1,
    case_id=2,
    kind=DeliveryKind.RESOLUTION,
    channel="email",
    recipient="ann@acme.example",
    recipient_name="Ann",
    sender="support@intakebot.example",
    sender_name="",
    reply_to="",
    subject="",
    text="",
    html="",
    message_id="<1@intakebot.example>",
    in_reply_to="",
    references=(),
    automatic=False,
    created_at=NOW,
    due_at=NOW,
    state=DeliveryState.SENDING,
    attempts=1,
)
RESOLUTION, QUESTION = DeliveryKind.RESOLUTION, DeliveryKind.QUESTION
NOTICE, ACKNOWLEDGEMENT = DeliveryKind.CLOSING_NOTICE, DeliveryKind.ACKNOWLEDGEMENT
TAKEN, DOUBT, DEFECT = Receipt("250 ok"), DeliveryAmbiguousError("lost"), IntakebotError("unplanned")
LATER, NEVER = DeliveryDeferredError("451"), DeliveryFailedError("550")
IN_A_WHILE, BLIND = DeliveryDeferredError("429", timedelta(seconds=30)), DeliveryUnverifiableError("no scope")


# cases C01, C03
@pytest.mark.parametrize(
    ("kind", "resends", "outcome", "idempotent", "state", "due"),
    [
        pytest.param(RESOLUTION, 0, TAKEN, False, "sent", None, id="taken"),
        pytest.param(RESOLUTION, 1, TAKEN, False, "sent", None, id="taken-the-second-time"),
        pytest.param(RESOLUTION, 0, NEVER, False, "failed", None, id="refused"),
        pytest.param(RESOLUTION, 0, NEVER, True, "failed", None, id="refused-by-an-idempotent-outlet"),
        pytest.param(RESOLUTION, 0, LATER, False, "deferred", BACK_OFF[0], id="put-off"),
        pytest.param(RESOLUTION, 0, DOUBT, False, "deferred", timedelta(0), id="resolution-in-doubt-is-resent"),
        pytest.param(QUESTION, 0, DOUBT, False, "deferred", timedelta(0), id="question-in-doubt-is-resent"),
        pytest.param(RESOLUTION, 1, DOUBT, False, "held", None, id="resolution-in-doubt-again"),
        pytest.param(QUESTION, 1, DOUBT, False, "held", None, id="question-in-doubt-again"),
        pytest.param(ACKNOWLEDGEMENT, 0, DOUBT, False, "held", None, id="acknowledgement-in-doubt"),
        pytest.param(NOTICE, 0, DOUBT, False, "held", None, id="notice-in-doubt"),
        pytest.param(NOTICE, 0, DOUBT, True, "deferred", BACK_OFF[0], id="doubt-is-harmless-when-idempotent"),
        pytest.param(RESOLUTION, 0, IN_A_WHILE, False, "deferred", timedelta(seconds=30), id="put-off-for-a-while"),
        pytest.param(NOTICE, 0, IN_A_WHILE, True, "deferred", timedelta(seconds=30), id="put-off-when-idempotent"),
        pytest.param(RESOLUTION, 0, BLIND, True, "deferred", timedelta(0), id="no-leave-to-look-is-resent-once"),
        pytest.param(RESOLUTION, 1, BLIND, True, "held", None, id="no-leave-to-look-again"),
        pytest.param(ACKNOWLEDGEMENT, 0, BLIND, True, "held", None, id="no-leave-to-look-for-a-notice"),
        pytest.param(RESOLUTION, 0, DEFECT, False, "deferred", timedelta(0), id="a-defect-is-doubt"),
        pytest.param(ACKNOWLEDGEMENT, 0, DEFECT, False, "held", None, id="a-defect-is-doubt-for-notices-too"),
    ],
)
def test_settlement(
    kind: DeliveryKind,
    resends: int,
    outcome: Receipt | Exception,
    idempotent: bool,  # noqa: FBT001 - a column of the table
    state: str,
    due: timedelta | None,
) -> None:
    settlement = settlement_of(Sent(replace(OWED, kind=kind, resends=resends), outcome), NOW, idempotent=idempotent)
    assert settlement.state is DeliveryState(state)
    assert settlement.due_at == (None if due is None else NOW + due)
    assert settlement.resends >= resends


@pytest.mark.parametrize(
    ("age", "attempts", "state", "due"),
    [
        pytest.param(timedelta(0), 1, "deferred", timedelta(minutes=1), id="first"),
        pytest.param(timedelta(hours=1), 3, "deferred", timedelta(minutes=15), id="third"),
        pytest.param(timedelta(days=4), 99, "deferred", timedelta(hours=8), id="many"),
        pytest.param(
            timedelta(days=5) - timedelta(seconds=1), 99, "deferred", timedelta(hours=8), id="just-not-five-days"
        ),
        pytest.param(timedelta(days=5), 99, "failed", None, id="five-days"),
        pytest.param(-timedelta(hours=1), 0, "deferred", timedelta(minutes=1), id="the-clock-went-back"),
    ],
)
def test_putting_off_ends_after_five_days(age: timedelta, attempts: int, state: str, due: timedelta | None) -> None:
    delivery = replace(OWED, created_at=NOW - age, attempts=attempts)
    settlement = settlement_of(Sent(delivery, LATER), NOW, idempotent=False)
    assert settlement.state is DeliveryState(state)
    assert settlement.due_at == (None if due is None else NOW + due)


def test_a_next_hop_that_wants_to_be_left_alone_for_ever_does_not_get_more_than_five_days() -> None:
    delivery = replace(OWED, created_at=NOW - timedelta(days=5))
    settlement = settlement_of(Sent(delivery, IN_A_WHILE), NOW, idempotent=True)
    assert settlement.state is DeliveryState.FAILED

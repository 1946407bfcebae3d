"""Alarm mail: the people who run the house are told by mail of what needs them, wherever else it stands.

Asked every minute by `app.alarm_mail` with all alarms that stand. One mail tells all that is new; what goes on is told
again once a day, and what comes and goes at most once an hour. Nothing of a case or its caller is in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TypeAlias

from intakebot.domain.delivery import Delivery, DeliveryKind
from intakebot.usecases.watch import Alarm

AGAIN_AFTER = timedelta(days=1)
COMES_AND_GOES = timedelta(hours=1)
NAME = "intakebot"
_Key: TypeAlias = "tuple[str, str]"


@dataclass(slots=True)
class AlarmMail:
    """What was told, and when. `host` is the name of this installation, which mails and their ids carry.

    `_known` was told and is not yet said to be over; `_ongoing` was told and has stood at every look since.
    """

    to: tuple[str, ...]
    sender: str
    host: str
    new_id: Callable[[], int]
    _told: dict[_Key, datetime] = field(default_factory=dict)
    _known: dict[_Key, Alarm] = field(default_factory=dict)
    _ongoing: set[_Key] = field(default_factory=set)

    def due(self, alarms: Sequence[Alarm], now: datetime) -> tuple[Delivery, ...]:
        """One mail to everybody if there is news, else none. Call `told` when it has left."""
        standing = {_key(alarm) for alarm in alarms}
        self._ongoing &= standing
        news = [alarm for alarm in alarms if self._is_news(alarm, now)]
        if not news:
            return ()
        over = [alarm for key, alarm in self._known.items() if key not in standing]
        text = "\n".join(_lines(news, [alarm for alarm in alarms if alarm not in news], over, self.host))
        subject = f"[{self.host}] {news[0].sentence}" + (f" (and {len(news) - 1} more)" if len(news) > 1 else "")
        return tuple(self._mail(address, subject, text, now) for address in self.to)

    def told(self, alarms: Sequence[Alarm], now: datetime) -> None:
        """The mail about these alarms has left."""
        self._told |= {_key(alarm): now for alarm in alarms if self._is_news(alarm, now)}
        self._known = {_key(alarm): alarm for alarm in alarms}
        self._ongoing = set(self._known)

    def _is_news(self, alarm: Alarm, now: datetime) -> bool:
        told = self._told.get(_key(alarm))
        if told is None:
            return True
        return now - told >= (AGAIN_AFTER if _key(alarm) in self._ongoing else COMES_AND_GOES)

    def _mail(self, address: str, subject: str, text: str, now: datetime) -> Delivery:
        mail_id = self.new_id()
        return Delivery(
            id=mail_id,
            case_id=0,
            kind=DeliveryKind.ALARM,
            channel="email",
            recipient=address,
            recipient_name="",
            sender=self.sender,
            sender_name=NAME,
            reply_to="",
            subject=subject,
            text=text,
            html="",
            message_id=f"alarm.{mail_id}@{self.host}",
            in_reply_to="",
            references=(),
            automatic=True,
            created_at=now,
            due_at=now,
        )


def _key(alarm: Alarm) -> _Key:
    """What makes it the same alarm, whatever figures its sentence holds by now."""
    return alarm.what, alarm.which


def _lines(news: Sequence[Alarm], known: Sequence[Alarm], over: Sequence[Alarm], host: str) -> Iterator[str]:
    yield f"{host} needs somebody:"
    yield ""
    yield from (_line(alarm) for alarm in news)
    for title, alarms in (("Known before, and not over:", known), ("Over by now:", over)):
        if alarms:
            yield ""
            yield title
            yield from (_line(alarm) for alarm in alarms)
    yield ""
    yield "`intakebot health` shows what stands now. What goes on is told again after a day."


def _line(alarm: Alarm) -> str:
    since = f" (since {alarm.since})" if alarm.since else ""
    return f"- {alarm.sentence}{since} [{' '.join(filter(None, (alarm.what, alarm.which)))}]"

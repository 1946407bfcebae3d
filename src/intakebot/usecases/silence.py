"""Silence: why an automatic reply does not leave. Every use case that would send one asks here first.

The answer is a sentence that is kept as an event of the case, so that every reply that was not sent has its reason.
Pure.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from intakebot.ports import CaseFile, Surroundings
from intakebot.usecases.house import House
from intakebot.usecases.replies import Correspondent


@dataclass(frozen=True, slots=True)
class Lately:
    """What limits automatic replies to one address.

    `replies` counts those of the last 24 hours to it, `everywhere` those of the last hour to anybody; `bounced_at` is
    when a mail to it last came back.
    """

    replies: int = 0
    everywhere: int = 0
    bounced_at: datetime | None = None

    @classmethod
    def of(cls, around: Surroundings) -> Lately:
        """The same, as storage found it around a contact or an address."""
        return cls(around.replies_today, around.replies_everywhere, around.bounced_at)


QUIET = Lately()
"""Nothing left of late."""
TO_A_REPLY_TO = "it would go to a Reply-To, and only an agent answers there"


def why_not_for_others(house: House, file: CaseFile) -> str:
    """Why nothing automatic is sent about a case that somebody opened for others, such as a form; '' when it may.

    Else the form would be a way to have mail sent to anybody.
    """
    own = {address.lower() for _, address in file.caller.addresses} if file.caller else set()
    is_passed_on = file.case.answer_to.lower() not in own and not own.isdisjoint(house.organisation.follow_reply_to_of)
    return TO_A_REPLY_TO if is_passed_on else ""


def why_not_automatic(
    house: House,
    to: Correspondent | None,
    *,
    on_case: int,
    lately: Lately,
    at: datetime,
) -> str:
    """Why no automatic reply may go out, as a sentence; '' when it may (RFC 3834, decision 24).

    `on_case` counts the automatic replies that the case has had. Old mail is `old_mail`'s to recognise.
    """
    if to is None:
        return "the contact has no address that can be answered"
    reasons = (
        _why_not_to(house, to),
        "this case has had its automatic reply" if on_case else "",
        _why_not_more(house, to, lately),
        why_muted(house, to.address, lately, at),
    )
    return next(filter(None, reasons), "")


def _why_not_to(house: House, to: Correspondent) -> str:
    domain = to.address.rpartition("@")[2]
    ours = house.organisation.receiving(to.address) or domain in house.organisation.own_domains
    return "the sender is one of our own addresses" if ours else ""


def _why_not_more(house: House, to: Correspondent, lately: Lately) -> str:
    if lately.replies >= house.replies_per_day:
        return f"{to.address} has had {lately.replies} automatic replies within 24 hours"
    if lately.everywhere >= house.replies_per_hour:
        return f"{lately.everywhere} automatic replies were written within an hour, so that no more leave for now"
    return ""


def why_muted(house: House, address: str, lately: Lately, at: datetime) -> str:
    """Why nothing automatic goes to an address after a mail to it came back; '' when it may."""
    if lately.bounced_at is None or at - lately.bounced_at >= house.mute_for:
        return ""
    until = lately.bounced_at + house.mute_for
    return f"a mail to {address} came back on {_told(lately.bounced_at)}; it is muted until {_told(until)}"


def _told(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"

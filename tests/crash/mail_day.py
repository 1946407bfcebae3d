"""A day of mail for a support desk, with a ledger of what is true, played against a house in this process.

People write, answer our answers, write again to their own mails, and send the same mail twice. What they get bounces,
is answered by vacation replies that say what they are, and by robots that do not. A second house, which acknowledges
as ours does, writes to ours and answers whatever we send, at times through a gateway that strips all marks of machines.

The ledger knows of every mail what it is and which conversation it belongs to; it learns that from the ids that the
people's programs see, never from our cases.
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from fakes.standing_house import StandingHouse
from intakebot.channels.composition import compose
from intakebot.domain.delivery import Delivery

OURS, THEIRS = "support@intakebot.example", "support@other.example"
ROBOTS = 5
MAILS_OF_OTHERS = 0.02
"""The share of mails that the other house begins with."""
_KINDS = {
    "new": 40, "answers us": 22, "writes again": 8, "names the number": 5, "twice": 5, "bounce": 7, "vacation": 8,
    "robot": 5,
}  # fmt: skip
_MATTERS = ("The pump does not start", "Error E-17 on the display", "Where is my order?", "The router blinks red")


@dataclass(frozen=True, slots=True)
class Written:
    """A mail of the day as its writer knows it: `thread` names the conversation, '' = it is no person's."""

    identity: str
    thread: str
    sender: str
    recipient: str
    content: bytes
    envelope_sender: str


@dataclass
class Ledger:
    """What is true. `mails` by Message-ID; `got` what each person's mail program has got from us."""

    mails: dict[str, Written] = field(default_factory=dict)
    kinds: Counter[str] = field(default_factory=Counter)
    got: list[tuple[str, Delivery]] = field(default_factory=list)
    looped: Counter[str] = field(default_factory=Counter)

    def note(self, kind: str, mail: Written) -> Written:
        """Write a mail down."""
        self.mails.setdefault(mail.identity, mail)
        self.kinds[kind] += 1
        return mail

    def thread_of(self, delivery: Delivery) -> str:
        """The conversation that a mail of ours belongs to, by the mail that it answers."""
        answered = self.mails.get(delivery.in_reply_to)
        return answered.thread if answered else ""


class MailDay:
    """The day: `play` brings so many mails to `house`, with `other` answering what is sent to it."""

    def __init__(self, house: StandingHouse, other: StandingHouse, seed: int) -> None:
        self.house = house
        self.other = other
        self.ledger = Ledger()
        self._dice = random.Random(seed)  # noqa: S311 - dice, not secrets
        self._sent = {OURS: 0, THEIRS: 0}
        self._number = 0

    async def play(self, mails: int) -> None:
        """A day, in steps of some mails that arrive together."""
        step, brought = timedelta(days=1) * 8 / mails, 0
        while brought < mails:
            for _ in range(8):
                await self._bring(self.house, self._next())
                brought += 1
                if self._dice.random() < MAILS_OF_OTHERS:
                    await self._bring(self.other, self._of_our_own_house())
            await self._settle(self.house, OURS)
            await self._settle(self.other, THEIRS)
            self.house.advance(step)
            self.other.advance(step)
        for _ in range(20):  # what was begun comes to its end
            if not await self._settle(self.house, OURS) + await self._settle(self.other, THEIRS):
                return
        raise AssertionError("two houses still write to each other")

    async def _bring(self, house: StandingHouse, mail: Written) -> None:
        await house.receive(mail.content, mail.envelope_sender, (mail.recipient,), self._dice.choice(("smtp", "imap")))

    async def _settle(self, house: StandingHouse, name: str) -> int:
        """Register, send, and hand on what was sent; how much was sent."""
        while await house.register():
            pass
        while await house.deliver():
            pass
        sent = house.outlet.taken[self._sent[name] :]
        self._sent[name] += len(sent)
        for delivery in sent:
            await self._arrived(delivery)
        return len(sent)

    async def _arrived(self, delivery: Delivery) -> None:
        """What we sent is at its reader: the other house, a robot, or a person who may answer later."""
        to = {OURS: self.house, THEIRS: self.other}.get(delivery.recipient)
        if to:
            self.ledger.looped[delivery.recipient] += 1
            await self._bring(to, self.ledger.note("loop", self._carried(delivery)))
        elif delivery.recipient.startswith("robot"):
            robot = self._mail(delivery.recipient, "Your request", "", f"In-Reply-To: <{delivery.message_id}>\r\n")
            self.ledger.looped[delivery.recipient] += 1
            await self._bring(self.house, self.ledger.note("robot answers", robot))
        else:
            self.ledger.got.append((self.ledger.thread_of(delivery), delivery))

    def _carried(self, delivery: Delivery) -> Written:
        """Our own mail as the other house gets it; a gateway may keep the text only and sign as a person would."""
        if self._dice.random() < 0.5:
            content, identity = compose(delivery), delivery.message_id
            return Written(identity, "", delivery.sender, delivery.recipient, content, "")
        return self._mail(delivery.sender, delivery.subject, "", "", to=delivery.recipient)

    def _of_our_own_house(self) -> Written:
        return self.ledger.note("our own", self._mail(OURS, "A question to you", "", "", to=THEIRS))

    def _next(self) -> Written:
        kind = self._dice.choices(tuple(_KINDS), tuple(_KINDS.values()))[0]
        answerable = [(thread, sent) for thread, sent in self.ledger.got[-400:] if thread]
        people = [mail for mail in list(self.ledger.mails.values())[-400:] if mail.thread]
        if (kind in ("answers us", "names the number", "bounce", "vacation") and not answerable) or not people:
            kind = "new"
        thread, sent = self._dice.choice(answerable) if answerable else ("", None)
        if kind == "writes again":
            return self.ledger.note(kind, self._again(self._dice.choice(people)))
        if kind == "twice":
            return self.ledger.note(kind, self._twice(self._dice.choice(people)))
        if sent and kind not in ("new", "robot"):
            return self.ledger.note(kind, self._about(kind, thread, sent))
        return self.ledger.note(kind, self._opening(robot=kind == "robot"))

    def _opening(self, *, robot: bool) -> Written:
        self._number += 1
        name = f"robot{self._dice.randrange(ROBOTS)}" if robot else f"person{self._number}"
        sender = f"{name}@{'robots' if robot else f'home{self._number}'}.example"
        subject = f"{self._dice.choice(_MATTERS)} ({self._number})"
        return self._mail(sender, subject, "" if robot else f"thread {self._number}", "")

    def _again(self, earlier: Written) -> Written:
        refers = f"References: <{earlier.identity}>\r\n"
        return self._mail(earlier.sender, "One thing more", earlier.thread, refers)

    def _twice(self, earlier: Written) -> Written:
        """The same mail by another way: the same content, other trace fields."""
        hop = f"Received: from hop{self._dice.randrange(9)}.example by mx.intakebot.example; now\r\n".encode()
        return Written(
            earlier.identity, earlier.thread, earlier.sender, earlier.recipient, hop + earlier.content, earlier.sender
        )

    def _about(self, kind: str, thread: str, sent: Delivery) -> Written:
        """An answer to a mail of ours, by a person or by a machine."""
        refers = f"In-Reply-To: <{sent.message_id}>\r\nReferences: <{sent.message_id}>\r\n"
        if kind == "bounce":
            return self._bounce(sent)
        if kind == "vacation":
            marks = refers + "Auto-Submitted: auto-replied\r\n"
            return self._mail(sent.recipient, f"Out of office: {sent.subject}", "", marks)
        if kind == "names the number":  # a program that keeps no ids, and a sender who writes to the plain address
            return self._mail(sent.recipient, f"Re: {sent.subject}", thread, "")
        to = sent.reply_to if self._dice.random() < 0.8 else OURS
        return self._mail(sent.recipient, f"Re: {sent.subject}", thread, refers, to=to)

    def _bounce(self, sent: Delivery) -> Written:
        report = (
            "Content-Type: multipart/report; report-type=delivery-status; boundary=x\r\n\r\n"
            "--x\r\n\r\nNot delivered.\r\n--x\r\nContent-Type: message/delivery-status\r\n\r\n"
            "Reporting-MTA: dns; mx.home.example\r\n\r\n"
            f"Final-Recipient: rfc822; {sent.recipient}\r\nAction: failed\r\nStatus: 4.2.2\r\n\r\n"
            f"--x\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: <{sent.message_id}>\r\n\r\n--x--\r\n"
        )
        mail = self._mail("mailer-daemon@home.example", "Undelivered mail", "", "", body=report)
        return Written(mail.identity, "", mail.sender, sent.sender, mail.content, "")

    def _mail(self, sender: str, subject: str, thread: str, more: str, *, to: str = OURS, body: str = "") -> Written:
        number = sum(self.ledger.kinds.values()) + self._dice.randrange(2**40)
        identity = f"{number}.mail@{sender.rpartition('@')[2]}"
        when = self.house.clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000")
        head = f"From: {sender}\r\nTo: {to}\r\nSubject: {subject}\r\nDate: {when}\r\nMessage-ID: <{identity}>\r\n{more}"
        text = body or f"\r\nHello, please look at this: {self._dice.choice(_MATTERS).lower()}, number {number}.\r\n"
        return Written(identity, thread, sender, to, (head + text).encode(), sender)


@dataclass
class Truth:
    """The house's day beside the ledger's."""

    threads: int = 0
    right: int = 0
    wrong: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def percent(self) -> float:
        """How many mails of people are in the case of their conversation."""
        return 100 * self.right / self.threads if self.threads else 100.0


def compared(day: MailDay) -> Truth:
    """Every mail in exactly one contact, every person's mail in the case of its conversation, machines in none."""
    rows = day.house.archive.contacts("", 10**6)
    by_id: dict[str, list[dict[str, object]]] = defaultdict(list)
    for row in rows:
        by_id[str(row["message_id"])].append(row)
    truth = Truth()
    expected = {name for name, mail in day.ledger.mails.items() if mail.recipient != THEIRS}
    truth.faults += [f"{name}: {len(by_id[name])} contacts" for name in expected if len(by_id[name]) != 1]
    truth.faults += [f"{name}: nobody wrote it" for name in by_id if name not in expected]
    truth.faults += [f"{row['id']}: {row['state']}" for row in rows if row["state"] in ("received", "quarantined")]
    case_of: dict[str, object] = {}
    for name, mail in day.ledger.mails.items():
        if mail.thread and by_id[name]:
            case = by_id[name][0]["case"]
            truth.threads += 1
            if case and case_of.setdefault(mail.thread, case) == case:
                truth.right += 1
            else:
                truth.wrong.append(f"{mail.thread}: {name} is in {case}, not in {case_of.get(mail.thread)}")
    shared = Counter(case_of.values())
    truth.wrong += [f"{case} holds {count} conversations" for case, count in shared.items() if count > 1]
    return truth


def overdone(day: MailDay, most_a_day: int) -> Iterator[str]:
    """Automatic mails beyond the limits: of one case, or to one address within 24 hours."""
    for house in (day.house, day.other):
        automatic = [sent for sent in house.outlet.taken if sent.automatic]
        yield from (f"case {case}: {n}" for case, n in Counter(sent.case_id for sent in automatic).items() if n > 1)
        of_address: dict[str, list[Delivery]] = defaultdict(list)
        for sent in automatic:
            of_address[sent.recipient].append(sent)
        for address, sents in of_address.items():
            for first, last in zip(sents, sents[most_a_day:], strict=False):
                if last.created_at - first.created_at < timedelta(days=1):
                    yield f"{address}: {most_a_day + 1} within a day"

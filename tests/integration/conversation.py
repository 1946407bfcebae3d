"""Conversations as data: mails, agents' commands, time and the way out, with what is to be seen afterwards.

A file in `conversations/` is a mapping from a conversation's name to its steps. A step has one of these verbs:

    mail: {from, to, subject, body, id, headers, envelope_sender, answers, raw, route}
    chat: {from, name, email, at, thread, place, to, text, room_of, files, related}
    alice: {Take: {case: 1001}}          any agent and command of `intakebot.domain.commands`
    together: [step, step]               agents' commands at the same moment
    deliver: [sent, deferred, ...]       one look of the worker at what is due
    advance: 10d                         time moves (`-1h` backwards); `to_closing: -1s` to a case's closing time
    dismiss: alice                       an agent leaves
    poison: WORD / cure: WORD            templates break for cases with this word in their title
    restart: true                        the worker starts again
    register: true                       one more look at contacts that wait
    stop_while_sending: true             a stop between claiming what is due and settling it
    remove_queue: NAME                   the configuration loses a queue
    rules: {route: [...], flag: [...]}   from now on these rules stand before the shipped ones
    amend: {case, sender, text, earlier} a caller changed (or with `withdrawn` took back) a message
    leaks: {to, words}                   no mail to this address had one of these words
    says: TEXT                           the last mail that left says this
    left: {channel, recipient, ...}      the last thing that left is so
    expect: {...}                        see `Expectation`

and, beside a verb, `refused: <code>`, `says: <part of the sentence>` and `repeat: <times>`. Every mail is
registered at once. After every step the invariants of the domain are checked.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pytest
import yaml

from fakes.standing_house import StandingHouse
from intakebot.domain import commands
from intakebot.domain.actors import SYSTEM
from intakebot.domain.delivery import Delivery
from intakebot.domain.errors import IntakebotError, RefusedError
from intakebot.ports import CaseFilter
from intakebot.reading.chat import ChatContent, ChatFile, chat_id
from intakebot.usecases.deliver import Delivering, Room
from integration.invariants import CANARY, Watcher

FOLDER: Final = Path(__file__).parent / "conversations"
_SPAN: Final = re.compile(r"(-?\d+)([smhd])")
_UNITS: Final = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_INTERNAL: Final = {"AddComment": "text", "Move": "comment", "Void": "comment", "Reopen": "comment", "AddTask": "title"}

Step = Mapping[str, Any]


def conversations() -> dict[str, list[Step]]:
    """All conversations of all files, by `file/name-with-dashes`."""
    files = sorted(FOLDER.glob("*.yaml"))
    loaded = ((file.stem, yaml.safe_load(file.read_text("utf-8"))) for file in files)
    return {
        f"{stem}/{name.replace(chr(32), chr(45))}": steps for stem, content in loaded for name, steps in content.items()
    }


def span(written: str) -> timedelta:
    found = _SPAN.fullmatch(written)
    assert found, f"no span of time: {written}"
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


@dataclass
class Conversation:
    """Carries out steps in a house; `mails` counts the mails so far."""

    standing: StandingHouse
    watcher: Watcher
    mails: int = 0

    async def hold(self, steps: Sequence[Step]) -> None:
        for number, step in enumerate(steps, 1):
            try:
                for _ in range(step.get("repeat", 1)):
                    await self._step(step)
                if "expect" not in step:
                    await self.watcher.check()
            except (AssertionError, IntakebotError) as problem:
                raise AssertionError(f"step {number}, {dict(step)}: {problem}") from problem
        await self.watcher.check(thorough=True)

    async def _step(self, step: Step) -> None:
        verb, given = next(iter(step.items()))
        if verb in self.standing.house.organisation.agents:
            await self._perform(verb, given, step)
        else:
            await getattr(self, f"_{verb}")(given)

    async def _mail(self, mail: Step) -> None:
        self.mails += 1
        recipients, content = self._written(mail)
        sender = mail.get("envelope_sender", mail.get("from", "nobody@example.org"))
        kept = await self.standing.receive(content, sender, recipients, mail.get("route", "smtp"))
        self.watcher.contacts.add(kept.contact_id)
        await self.standing.register()

    async def _chat(self, said: Step) -> None:
        """Somebody says something in a chat; `at` and `thread` are the messages' own time stamps."""
        self.mails += 1
        ts = str(said.get("at", f"{self.standing.clock.now().timestamp():.0f}.{self.mails:06}"))
        place = said.get("place", "T1/C1")
        content = ChatContent(
            platform="slack",
            place=place,
            ts=ts,
            root_ts=str(said.get("thread", ts)),
            person=said.get("from", "t1/u1"),
            name=said.get("name", "Ann Miller"),
            email=said.get("email", ""),
            text=said.get("text", "Please help me."),
            customer=said.get("room_of", ""),
            files=tuple(ChatFile(name, "text/plain", b"x") for name in said.get("files", ())),
            related=tuple(chat_id(place, str(other)) for other in said.get("related", ())),
        )
        kept = await self.standing.receive_chat(content, said.get("to", "support@intakebot.example"))
        self.watcher.contacts.add(kept.contact_id)
        await self.standing.register()

    def _written(self, mail: Step) -> tuple[tuple[str, ...], bytes]:
        answered = self._taken(mail["answers"]) if "answers" in mail else None
        to = mail.get("to", answered.reply_to if answered else "support@intakebot.example")
        if "cut_token_of" in mail:
            to = self._taken(mail["cut_token_of"]).reply_to.replace("@", "", 1)[:20] + "@intakebot.example"
        recipients = tuple(to) if isinstance(to, list) else (to,)
        if "raw" in mail:
            raw = str(mail["raw"]).replace("{message_id}", answered.message_id if answered else "")
            return recipients, raw.replace("\n", "\r\n").encode("latin-1")
        headers = {"From": mail.get("from", "ann@acme.example"), "To": recipients[0]}
        headers["Subject"] = mail.get("subject", f"Re: {answered.subject}" if answered else "A question")
        headers["Message-ID"] = f"<{mail.get('id', f'mail.{self.mails}@caller.example')}>"
        headers["Date"] = self.standing.clock.now().strftime("%a, %d %b %Y %H:%M:%S +0000")
        if answered and not mail.get("new_thread"):
            headers["In-Reply-To"] = answered.message_id
        headers |= mail.get("headers", {})
        lines = [f"{name}: {value}" for name, value in headers.items() if value is not None]
        return recipients, "\r\n".join([*lines, "", mail.get("body", "Please help me."), ""]).encode()

    def _taken(self, which: int) -> Delivery:
        """The n-th mail that left, from 1; from the end when negative."""
        taken = self.standing.outlet.taken
        return taken[which - 1 if which > 0 else which]

    async def _perform(self, agent: str, given: Step, step: Step) -> None:
        problem = await self._asked(agent, given)
        if problem is None:
            assert "refused" not in step, "nobody refused it"
            return
        if "refused" not in step:
            raise problem
        code = problem.reason if isinstance(problem, RefusedError) else problem.code
        assert code == step["refused"], f"refused as {code}: {problem.sentence}"
        assert step.get("says", "") in problem.sentence, problem.sentence

    async def _asked(self, agent: str, given: Step) -> IntakebotError | None:
        name, fields = next(iter(given.items()))
        try:
            done = await self.standing.perform(agent, getattr(commands, name)(**self._meant(name, dict(fields))))
        except IntakebotError as problem:
            return problem
        if "contact" in done:
            self.watcher.contacts.add(done["contact"])
            return None
        await self.standing.register()
        return None

    def _meant(self, name: str, fields: dict[str, Any]) -> dict[str, Any]:
        """Things that have no number in a file are counted from 1; internal text gets the canary."""
        archive = self.standing.archive
        if "task" in fields:
            every = [task for row in archive.cases(CaseFilter()) for task in archive.case(row["number"])["tasks"]]
            fields["task"] = sorted(task["id"] for task in every)[fields["task"] - 1]
        if "contact" in fields:
            fields["contact"] = archive.contacts("", 1000)[-fields["contact"]]["id"]
        if "delivery" in fields:
            fields["delivery"] = archive.deliveries("", 1000)[-fields["delivery"]]["id"]
        if "files" in fields:
            fields["files"] = tuple(
                commands.OutgoingFile(**file | {"content": file["content"].encode()}) for file in fields["files"]
            )
        internal = _INTERNAL.get(name)
        if internal and str(fields.get(internal, "")).strip():
            fields[internal] = f"{fields[internal]} {CANARY}"
        return fields

    async def _together(self, steps: Sequence[Step]) -> None:
        """Exactly one is done; every other is refused as its step says."""
        asked = [next(iter(step.items())) for step in steps]
        problems = await asyncio.gather(*(self._asked(agent, given) for agent, given in asked))
        assert problems.count(None) == 1, problems
        for problem in filter(None, problems):
            assert isinstance(problem, RefusedError)
            assert problem.reason == steps[0]["loser"], problem.sentence
            assert re.search(steps[0]["says"], problem.sentence), problem.sentence

    async def _deliver(self, outcomes: Sequence[str] | None) -> None:
        await self.standing.deliver(*(outcomes or ()))

    async def _amend(self, given: Step) -> None:
        """A caller changed or took back a message, and the channel saw it."""
        amendment = commands.RecordAmendment(**{name: value for name, value in given.items() if name != "refused"})
        with pytest.raises(RefusedError) if "refused" in given else nullcontext() as caught:
            await self.standing.desk.perform(amendment, SYSTEM)
        assert caught is None or caught.value.reason == given["refused"]

    async def _register(self, _: object) -> None:
        await self.standing.register()

    async def _advance(self, written: str) -> None:
        self.standing.advance(span(written))

    async def _to_closing(self, written: str) -> None:
        """To the first closing that is due, and `written` more."""
        timers = [timer for row in self._rows() for timer in self._case(row["number"])["timers"]]
        due = min(timer["due_at"] for timer in timers if timer["kind"] == "close")
        self.standing.advance(datetime.fromisoformat(due) - self.standing.clock.now() + span(written))

    async def _dismiss(self, agent: str) -> None:
        self.standing.dismiss(agent)

    async def _poison(self, word: str) -> None:
        self.standing.render.poisons.add(word)

    async def _cure(self, word: str) -> None:
        self.standing.render.poisons.discard(word)

    async def _restart(self, _: object) -> None:
        """A start recovers what was being sent when the service stopped."""
        self.standing.restart()
        stop = asyncio.Event()
        stop.set()
        await self.standing.worker.run(stop)

    async def _stop_while_sending(self, _: object) -> None:
        """The service stops when the first byte may have left."""
        delivering = Delivering(self.standing.house)
        await self.standing.writer.submit(delivering.claim, Room(50))

    async def _remove_queue(self, name: str) -> None:
        queues = {known: queue for known, queue in self.standing.house.organisation.queues.items() if known != name}
        self.standing.restart(queues=queues)

    async def _rules(self, stages: Mapping[str, Any]) -> None:
        self.standing.swap_rules(stages)
        await self.standing.worker.watch_idle()

    async def _leaks(self, given: Step) -> None:
        """Nothing that was sent to this address has these words."""
        for delivery in self.standing.outlet.taken:
            if delivery.recipient == given["to"]:
                left = f"{delivery.subject}\n{delivery.text}\n{delivery.html}".lower()
                assert not [word for word in given["words"] if word.lower() in left], left

    async def _says(self, text: str) -> None:
        """The last mail that left says this."""
        assert text.rstrip() in self._taken(-1).text, self._taken(-1).text

    async def _left(self, wanted: Step) -> None:
        """The last thing that left, field by field."""
        last = self._taken(-1)
        for name, value in wanted.items():
            found = getattr(last, name)
            if name == "files":
                found = [f"{file.name} {file.media_type} {file.size} {file.content.decode()}" for file in found]
            assert getattr(found, "value", found) == value, f"{name}: {found}"

    async def _expect(self, wanted: Step) -> None:
        await Expectation(self).holds(wanted)

    def _rows(self) -> list[dict[str, Any]]:
        return self.standing.archive.cases(CaseFilter())

    def _case(self, number: int) -> dict[str, Any]:
        return self.standing.archive.case(number)


@dataclass
class Expectation:
    """What a person would see.

    `contacts`: the states of all contacts, in order of arrival. `cases`: how many there are. `deliveries`:
    `kind state` of all, in the order they were promised. `taken`: how many mails left. `reasons`: parts of the
    contacts' reasons, in order. `alarms`: the codes of `health`. A number is a case: the fields that it must
    have, and `events` (in this order among others), `notes`, `tasks`, `links`, `comments`, `messages`,
    `resolution_sent`, `decided` (the events of its stored decisions), `applied` and `identified` (rules and sentences
    of the last one).
    """

    conversation: Conversation

    async def holds(self, wanted: Step) -> None:
        for name, value in wanted.items():
            if isinstance(name, int):
                self._case(name, value)
            else:
                found = await getattr(self, f"_{name}")()
                assert found == value, f"{name}: {found}"

    async def _contacts(self) -> list[str]:
        return [row["state"] for row in reversed(self._archive.contacts("", 1000))]

    async def _arrivals(self) -> int:
        return self._archive.counts()["arrivals"]["all"]

    async def _contact_cases(self) -> list[int | None]:
        return [row["case"] for row in reversed(self._archive.contacts("", 1000))]

    async def _last_reason(self) -> str:
        return str(self._archive.contacts("", 1)[0]["reason"])

    async def _last_defects(self) -> list[str]:
        return list(self._archive.contacts("", 1)[0]["defects"])

    async def _cases(self) -> int:
        return len(self._archive.cases(CaseFilter(limit=1000)))

    async def _deliveries(self) -> list[str]:
        rows = reversed(self._archive.deliveries("", 1000))
        return [f"{row['kind']} {row['state']}" for row in rows]

    async def _taken(self) -> int:
        return len(self.conversation.standing.outlet.taken)

    async def _taken_ids(self) -> int:
        return len({delivery.message_id for delivery in self.conversation.standing.outlet.taken})

    async def _alarms(self) -> list[str]:
        health = await self.conversation.standing.desk.ask("health", {})
        return [alarm["what"] for alarm in health["attention"]]

    @property
    def _archive(self) -> Any:
        return self.conversation.standing.archive

    def _case(self, number: int, wanted: Step) -> None:
        case = self._archive.case(number)
        for name, value in wanted.items():
            seen = getattr(self, f"_see_{name}", None)
            found = seen(case) if seen else case[name]
            if name in ("events", "notes", "comments", "applied", "identified"):
                _assert_in_order(value, found)
            else:
                assert found == value, f"C-{number} {name}: {found}"

    def _see_events(self, case: Step) -> list[str]:
        return [f"{event['kind']} {event['by']}" for event in self._archive.events(case["number"])]

    def _see_notes(self, case: Step) -> list[str]:
        return [event["note"] for event in self._archive.events(case["number"])]

    def _see_comments(self, case: Step) -> list[str]:
        return [f"{comment['kind']} {comment['text']}" for comment in case["comments"]]

    def _see_tasks(self, case: Step) -> list[str]:
        return [
            f"{task['status']} {task['assignee'] or task['queue']} {task['reason']}".strip() for task in case["tasks"]
        ]

    def _see_decided(self, case: Step) -> list[str]:
        return [decision["trace"]["event"] for decision in self._archive.decisions(case["number"])]

    def _see_applied(self, case: Step) -> list[str]:
        stages = self._archive.decisions(case["number"])[-1]["trace"]["stages"]
        return [rule["id"] for stage in stages for rule in stage["applied"]]

    def _see_identified(self, case: Step) -> list[str]:
        return list(self._archive.decisions(case["number"])[-1]["trace"]["identification"])

    def _see_links(self, case: Step) -> list[str]:
        return [f"{link['relation']} {link['number']}" for link in case["links"]]

    def _see_messages(self, case: Step) -> int:
        return len(case["messages"])

    def _see_resolution_sent(self, case: Step) -> bool:
        return bool(case["resolution"] and case["resolution"]["sent_at"])

    def _see_customer(self, case: Step) -> str | None:
        return case["customer"]["reference"] if case["customer"] else None

    def _see_subscription(self, case: Step) -> str | None:
        return case["subscription"]["reference"] if case["subscription"] else None

    def _see_timers(self, case: Step) -> list[str]:
        return [timer["kind"] for timer in case["timers"]]


def _assert_in_order(wanted: Sequence[str], found: Sequence[str]) -> None:
    """Each wanted text is part of a found one, in this order."""
    rest = iter(found)
    for text in wanted:
        assert any(text in one for one in rest), f"no {text!r} (in this order) in {found}"

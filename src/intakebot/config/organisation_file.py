"""Reads the people and places of `intakebot.yaml`: languages, addresses, queues, agents, the triage queue.

Called by `settings` with what the other files say, so that every name is checked where it is used.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from unicodedata import normalize

from intakebot.domain.organisation import Agent, Organisation, Queue, ReceivingAddress

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from intakebot.config.agreement_file import Agreements
    from intakebot.config.reader import Section
    from intakebot.domain.workflow import Workflow

_ADDRESS = re.compile(r"[a-z0-9.!#$%&'*/=?^_`{|}~-]{1,64}@[a-z0-9-]+(\.[a-z0-9-]+)*", re.IGNORECASE)
_LANGUAGE = re.compile(r"[a-z]{2}")
_DEFAULTS = Queue(name="", title="", workflows=(), reply_address="")


def read_organisation(file: Section, workflows: Mapping[str, Workflow], agreements: Agreements) -> Organisation:
    """Everything configured about the house, with every name checked at its place."""
    languages = _read_languages(file)
    queues = {
        name: _read_queue(name, section, workflows, agreements, languages) for name, section in file.sections("queues")
    }
    _report_unserved(file, workflows, queues.values())
    return Organisation(
        queues=queues,
        agents={name: _read_agent(name, section, queues) for name, section in file.sections("agents")},
        addresses=_read_addresses(file, workflows),
        workflows=workflows,
        policies=agreements.policies,
        calendars=agreements.calendars,
        default_policy=agreements.default_policy,
        triage_queue=file.one_of("triage_queue", queues, "queue"),
        languages=languages,
        hop_headers=frozenset(name.lower() for name in file.texts("hop_headers", ())),
        categories=file.texts("categories", ()),
        markers=file.texts("markers", ()),
        follow_reply_to_of=_read_senders(file),
    )


def mail_address(text: str) -> str | None:
    """The address in lower case, or None when it is none. `+` is taken: it separates our reply tokens."""
    return normalize("NFC", text.lower()) if _ADDRESS.fullmatch(text) else None


def _read_senders(file: Section) -> frozenset[str]:
    senders = file.texts("follow_reply_to_of", ())
    for sender in senders:
        if mail_address(sender) is None:
            place = file.place_of("follow_reply_to_of")
            file.report(place, f"follow_reply_to_of: {sender!r} is no address like forms@example.org")
    return frozenset(sender.lower() for sender in senders)


def _read_languages(file: Section) -> tuple[str, ...]:
    languages = file.texts("languages", ("en",))
    for language in languages:
        if not _LANGUAGE.fullmatch(language):
            file.report(file.place_of("languages"), f"languages: {language!r} is no language code like en")
    return languages


def _read_queue(
    name: str,
    section: Section,
    workflows: Collection[str],
    agreements: Agreements,
    languages: tuple[str, ...],
) -> Queue:
    with section:
        return Queue(
            name=name,
            title=section.text("title", name),
            workflows=section.some_of("workflows", workflows, "workflow"),
            reply_address=section.parsed("reply_address", "an address like support@example.org", mail_address, ""),
            reply_name=section.text("reply_name") if section.has("reply_name") else "",
            language=section.one_of("language", languages, "language", next(iter(languages), "en")),
            calendar=section.one_of("calendar", agreements.calendars, "calendar", _DEFAULTS.calendar),
            closing_notice=section.flag("closing_notice", default=_DEFAULTS.closing_notice),
            acknowledge_within=section.span("acknowledge_within", _DEFAULTS.acknowledge_within),
            alarm_after=section.span("alarm_after", _DEFAULTS.alarm_after),
        )


def _report_unserved(file: Section, workflows: Mapping[str, Workflow], queues: Iterable[Queue]) -> None:
    served = {name for queue in queues for name in queue.workflows}
    for name, workflow in workflows.items():
        if name not in served:
            file.problems.add(
                workflow.place, f"no queue serves the workflow {name!r}; its cases could not wait anywhere"
            )


def _read_agent(name: str, section: Section, queues: Collection[str]) -> Agent:
    with section:
        return Agent(
            id=name,
            name=section.text("name", name),
            email=section.parsed("email", "an address like alice@example.org", mail_address, "", ""),
            queues=section.some_of("queues", queues, "queue", ()),
            active=section.flag("active", default=True),
        )


def _read_addresses(file: Section, workflows: Collection[str]) -> dict[str, ReceivingAddress]:
    addresses: dict[str, ReceivingAddress] = {}
    for written, section in file.sections("addresses"):
        with section:
            address = mail_address(written)
            workflow = section.one_of("workflow", workflows, "workflow")
        if address is None:
            section.report(section.place, "expected an address like support@example.org, without +")
        elif address in addresses:
            section.report(section.place, "this address is there twice; case does not matter")
        else:
            addresses[address] = ReceivingAddress(address, workflow)
    if not file.section("addresses").names():
        file.report(file.place_of("addresses"), "addresses: at least one receiving address is needed")
    return addresses

"""The desk: the one thing that agents' doors call. Commands go through the writer, questions to the archive."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from intakebot.domain import commands as c
from intakebot.domain.actors import Actor
from intakebot.ports import Archive, Writer
from intakebot.usecases.act import Request, perform
from intakebot.usecases.customers import import_customers
from intakebot.usecases.house import House
from intakebot.usecases.import_mail import MailImport
from intakebot.usecases.learn_categories import Lessons
from intakebot.usecases.questions import SLOW_QUESTIONS, Questions
from intakebot.usecases.register import Registration
from intakebot.usecases.register_call import CallRegistration


class CaseDesk:
    """The `Desk` of this house. `changed` is called after every command that was done, to wake the worker."""

    def __init__(
        self, house: House, writer: Writer, archive: Archive, registration: Registration, changed: Callable[[], None]
    ) -> None:
        self._writer = writer
        self._changed = changed
        self._questions = Questions(house, archive)
        self._house = house
        self._lessons = Lessons(house, archive, writer)
        self._importing = MailImport(house, archive, writer)
        calls = CallRegistration(house, registration)
        self._operations: Mapping[type[Any], Any] = {
            c.RegisterContact: calls.register_calls,
            c.ImportCustomers: partial(import_customers, house),
        }
        self._perform = partial(perform, house)

    async def perform(self, command: c.Command, by: Actor) -> Mapping[str, Any]:
        """Do it, or raise RefusedError, NotFoundError, TemplateError."""
        if isinstance(command, c.LearnSuggestions):
            self._house.acting_agent(by)
            return await self._lessons.learn(command.at_most, anew=command.anew, keep=True)
        if isinstance(command, c.ImportMails):
            self._house.acting_agent(by)
            imported = await self._importing.take_in(command)
            self._changed()
            return imported
        operation = self._operations.get(type(command), self._perform)
        done: Mapping[str, Any] = await self._writer.submit(operation, Request(command, by))
        self._changed()
        return done

    async def ask(self, question: str, arguments: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON-like data, by question
        """Answer a question as JSON-like data; raises NotFoundError, RefusedError for an unknown question."""
        if question in SLOW_QUESTIONS:  # a reader for each thread: nobody waits for them
            return await asyncio.to_thread(self._questions.answer, question, arguments)
        return self._questions.answer(question, arguments)

"""Mails before the rules, without a case: for `rules explain`, `rules why-not` and `rules test`.

The command's own process reads the mail and decides with the rules on disk, by the functions that registration uses;
so a rule that is being written is tried before it counts, and a deadly mail harms no service. Callers and customers
are looked up in the database, read only, also beside a running service. Where there is none nobody is looked up, and
none is made.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from intakebot.app.house import SQLITE, known_reply_keys
from intakebot.clocks import SystemClock
from intakebot.config.rule_files import rule_files_at
from intakebot.config.settings import Settings, load_settings
from intakebot.domain.contact import Envelope, PendingContact
from intakebot.domain.errors import NotFoundError
from intakebot.domain.ids import IdSource
from intakebot.domain.organisation import Organisation
from intakebot.ports import Surroundings
from intakebot.reading.message import read_message
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset
from intakebot.rules.trials import run_trials, untested
from intakebot.storage.engine import Database, is_there, open_database
from intakebot.storage.surroundings import look_around
from intakebot.templating import Templates
from intakebot.usecases.assessment import ReadContact
from intakebot.usecases.house import House
from intakebot.usecases.reasons import mail_explained, mail_why_not
from intakebot.usecases.rules_in_force import RulesInForce

_NO_KEY = b"a house that has never been opened has answered nobody"


@dataclass(frozen=True, slots=True)
class _Desk:
    """A house that decides and keeps nothing. A mail in a file may have come through any of its doors."""

    house: House
    database: Database | None
    trusted_servers: frozenset[str]

    def read(self, content: bytes, to: Sequence[str]) -> ReadContact:
        """The mail as if it came now; without `to`, to those of our addresses that it names.

        Raises NotFoundError for a `to` that is none of them: such a mail would not be taken.
        """
        organisation = self.house.organisation
        _refuse_strangers(organisation, to)
        message = read_message(
            content,
            own_domains=organisation.own_domains,
            languages=organisation.languages,
            trusted_servers=self.trusted_servers,
        )
        message = replace(message, attachments=tuple(replace(file, content=b"") for file in message.attachments))
        named = tuple(address.address for address in (*message.to, *message.cc))
        ours = tuple(address for address in named if organisation.receiving(address))
        sender = message.sender.address if message.sender else ""
        envelope = Envelope(sender, tuple(to) or ours or named[:1], "file")
        pending = PendingContact(self.house.new_id(), "email", envelope, content, self.house.clock.now(), 1)
        return ReadContact.of(pending, message, self.house.reply_keys)

    def around(self, read: ReadContact) -> Surroundings | None:
        """What the database knows around it; None without a database."""
        return look_around(self.database, read.clues, self.house.clock.now()) if self.database else None


def _refuse_strangers(organisation: Organisation, to: Sequence[str]) -> None:
    strange = [address for address in to if not organisation.receiving(address)]
    if strange:
        taken = ", ".join(sorted(organisation.addresses))
        raise NotFoundError(f"{strange[0]} is no address of this house, so its mail is refused; known: {taken}")


def explain_mails(
    settings: Path, data: Path | None, mails: Sequence[tuple[str, bytes]], to: Sequence[str]
) -> list[Mapping[str, Any]]:
    """What would become of each mail (its name and its bytes), and why.

    Raises NotFoundError (`to`), ConfigError, StorageUnavailableError.
    """
    with _open(settings, data) as desk:
        read = [(name, desk.read(content, to)) for name, content in mails]
        at = desk.house.clock.now()
        return [{"file": name} | mail_explained(desk.house, each, desk.around(each), at) for name, each in read]


def why_not(
    settings: Path, data: Path | None, rule: str, mail: tuple[str, bytes], to: Sequence[str]
) -> Mapping[str, Any]:
    """Why a rule does not apply to a mail; raises NotFoundError, ConfigError, StorageUnavailableError."""
    with _open(settings, data) as desk:
        name, content = mail
        read = desk.read(content, to)
        found = mail_why_not(desk.house, rule, read, desk.around(read), desk.house.clock.now())
        return {"file": name} | found


def try_rules(settings: Path, rules: Path | None) -> Mapping[str, Any]:
    """Run the inline tests of the configured rules, or of those in a file or folder; raises ConfigError."""
    ruleset = load_ruleset((load_settings(settings).rules if rules is None else rule_files_at(rules)).nodes())
    trials = list(run_trials(ruleset))
    return {
        "ruleset": ruleset.hash,
        "rules": _count(ruleset),
        "tests": len(trials),
        "failed": sum(not trial.passed for trial in trials),
        "untested": untested(ruleset),
        "trials": [
            {
                "stage": trial.stage,
                "rule": trial.rule_id,
                "number": trial.number,
                "place": str(trial.place),
                "expected": trial.expected,
                "passed": trial.passed,
                "sentence": trial.sentence,
            }
            for trial in trials
        ],
    }


def _count(ruleset: Ruleset) -> int:
    return sum(len(stage.rules) for stage in ruleset.stages)


@contextmanager
def _open(path: Path, data: Path | None) -> Iterator[_Desk]:
    """The house as the configuration on disk describes it. No lock is taken, and nothing is written."""
    settings = load_settings(path)
    directory = data or settings.service.data_directory
    clock = SystemClock()
    newest, *older = known_reply_keys(directory) or (_NO_KEY,)
    house = House(
        organisation=settings.organisation,
        rules=RulesInForce(load_ruleset(settings.rules.nodes())),
        render=Templates(settings.templates_directory),
        clock=clock,
        new_id=IdSource(clock.now, settings.service.node),
        reply_key=newest,
        older_reply_keys=tuple(older),
    )
    database = _database(settings, directory)
    try:
        yield _Desk(house, database, frozenset().union(*settings.trusted_servers.values()))
    finally:
        if database:
            database.close()


def _database(settings: Settings, directory: Path) -> Database | None:
    """The database where there is one; a file that does not exist is not made."""
    url = settings.database_url or SQLITE
    return open_database(url, directory) if is_there(url, directory) else None

"""Dry runs and reports over what has been decided: reads the database beside a running service.

It asks no service and takes no lock: deciding thousands of contacts again would keep the service from its work, and
reading does not disturb it (SQLite's WAL, PostgreSQL's snapshots). Nothing in here can write. Only the time is the
service's, where one runs, because it may be simulated.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from intakebot.app.house import SQLITE, world
from intakebot.app.rule_loading import load_and_check
from intakebot.config.rule_files import rule_files_at
from intakebot.config.settings import Settings, load_settings
from intakebot.config.yaml_source import parse_node
from intakebot.domain.errors import ConfigError
from intakebot.ports.history import History, KeptRules, LookingBack
from intakebot.rules.lasting import lasting_objects
from intakebot.rules.load import load_ruleset
from intakebot.rules.model import Ruleset
from intakebot.storage.engine import open_reading
from intakebot.storage.history import SqlHistory
from intakebot.templating import Templates
from intakebot.usecases import rule_figures
from intakebot.usecases.past import past_contact
from intakebot.usecases.rehearsal import Past, Progress, compare, rehearse
from intakebot.usecases.rehearsal_figures import rehearsal_figures
from intakebot.usecases.seen_facts import unpacked_files, unpacked_keys


def backtest(back: LookingBack, rules: Path | None, progress: Progress) -> Mapping[str, Any]:
    """What the rules on disk (or in the folder `rules`) would have decided otherwise than was decided."""
    settings = load_settings(back.settings)
    new = _checked(settings, rules)
    with _history(settings, back) as history, lasting_objects():  # contacts of the past stay to the end
        past, older = remembered(history, back.now - back.since)
        found = rehearse(past, new, settings.organisation.workflows, progress)
    return {"rules_now": new.hash, **_since(back), **rehearsal_figures(found, older=older)}


def diff(back: LookingBack, old: Path, new: Path, progress: Progress) -> Mapping[str, Any]:
    """What the rules of the folder `new` would have decided otherwise than those of the folder `old`."""
    settings = load_settings(back.settings)
    was, now = _checked(settings, old), _checked(settings, new)
    with _history(settings, back) as history, lasting_objects():
        past, older = remembered(history, back.now - back.since)
        found = compare(past, was, now, settings.organisation.workflows, progress)
    return {"rules_before": was.hash, "rules_now": now.hash, **_since(back), **rehearsal_figures(found, older=older)}


def coverage(back: LookingBack) -> Mapping[str, Any]:
    """Rules on disk that counted in no decision, and how much fell to the defaults."""
    settings = load_settings(back.settings)
    ruleset = _checked(settings, None)
    with _history(settings, back) as history:
        return {**_since(back), **rule_figures.coverage(history.decided(back.now - back.since), ruleset)}


def report(back: LookingBack) -> Mapping[str, Any]:
    """Per rule: hits, and what people corrected within a day."""
    settings = load_settings(back.settings)
    since = back.now - back.since
    with _history(settings, back) as history:
        return {**_since(back), **rule_figures.report(history.decided(since), history.corrections(since))}


def remembered(history: History, since: datetime) -> tuple[Past, int]:
    """The contacts since then, ready to be decided again, and how many decisions are from before facts were kept."""
    kept = history.rules()
    contacts, was, older = [], [], 0
    for row in history.decided(since):
        if row.contact_id is None:
            continue  # a part of a contact, or a case that was looked at again: there is no message to decide about
        found = past_contact(row)
        if found is None:
            older += row.contact_id is not None
        else:
            contacts.append(found[0])
            was.append(found[1])
    used = {contact.rules for contact in contacts}
    tested = {name: frozenset(unpacked_keys(kept[name].atoms)) for name in used}
    return Past(contacts, was, {name: ruleset_of(kept[name]) for name in used}, tested), older


def ruleset_of(kept: KeptRules) -> Ruleset | None:
    """The rules as they were, from their files; None where this program cannot read those any more."""
    files = unpacked_files(kept.files)
    try:
        return load_ruleset([parse_node(text, name) for name, text in files]) if files else None
    except ConfigError:
        return None


def _checked(settings: Settings, folder: Path | None) -> Ruleset:
    """The rules of a folder (None = the configured ones), checked as those that go into service."""
    files = settings.rules if folder is None else rule_files_at(folder)
    return load_and_check(files, world(settings, Templates(settings.templates_directory))).usable


@contextmanager
def _history(settings: Settings, back: LookingBack) -> Iterator[History]:
    directory = back.data or settings.service.data_directory
    engine = open_reading(settings.database_url or SQLITE, directory)
    try:
        yield SqlHistory(engine)
    finally:
        engine.dispose()


def _since(back: LookingBack) -> Mapping[str, Any]:
    return {"since": (back.now - back.since).isoformat(), "until": back.now.isoformat()}

"""Writes the reference pages that follow from the code: `make docs`. A test compares them with what stands there."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import walk_packages

import click

import intakebot
from house.reference_words import ACTION_WORDS, EVENTS, FACTS, SETTINGS
from house.sources import ROOT, Module, modules
from intakebot.cli.program import program
from intakebot.config.settings import load_settings
from intakebot.domain import errors
from intakebot.domain.guards import GUARDS
from intakebot.domain.workflow_drawing import lifecycle_page
from intakebot.reading.cut_reasons import SENTENCES
from intakebot.reading.defects import DEFECTS
from intakebot.rules.actions import ACTIONS, Choice, Listed, Named, Record, Shape, Texts, Value
from intakebot.rules.check import CHECKS
from intakebot.rules.facts import FIELDS
from intakebot.rules.model import STAGES
from intakebot.rules.operators import OPERATORS

_WIDTH = 100
_RULE_WITHOUT_ID = "route.default"
_SECRET_SOURCES = {"env", "file"}
_ASKS_AND_ALARMS = {"usecases/questions.py", "usecases/watch.py"}
_DOTTED = re.compile(r"[a-z]+\.[a-z-]+")
_KINDS = {
    "text": "text",
    "texts": "list of texts",
    "flag": "true or false",
    "whole": "whole number",
    "span": "duration",
    "size": "size",
    "parsed": "text",
    "one_of": "name",
    "member": "name",
    "some_of": "list of names",
    "secret": "secret",
}


def pages() -> Mapping[str, Callable[[], str]]:
    """Every generated page below docs/, and what writes it."""
    return {
        "lifecycle.md": lambda: lifecycle_page(load_settings(ROOT / "config").organisation.workflows.values()),
        "reference/commands.md": commands_page,
        "reference/defects.md": defects_page,
        "reference/trimmed-view.md": trimmed_view_page,
        "reference/errors.md": errors_page,
        "reference/events.md": events_page,
        "reference/facts-and-operators.md": facts_page,
        "reference/settings.md": settings_page,
    }


def table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table."""
    lines = [head, tuple("---" for _ in head), *(tuple(cell.replace("|", "\\|") for cell in row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join([f"# {title}", *parts]) + "\n"


def error_classes() -> list[type[errors.IntakebotError]]:
    """The tree of errors, the root first."""
    for package in walk_packages(intakebot.__path__, "intakebot."):  # an error that is not imported is not known
        if (
            not package.name.endswith("__main__")
            and ".versions." not in package.name
            and not package.name.endswith(".env")
        ):
            import_module(package.name)
    found = [errors.IntakebotError]
    for kind in found:
        found += kind.__subclasses__()
    return sorted(found, key=lambda kind: kind.code)


def refusals() -> dict[str, str]:
    """Each reason of a refusal with the sentence that goes with it, as the code has it."""
    found: dict[str, list[str]] = {}
    for module in modules():
        for call in module.calls("RefusedError"):
            if isinstance(call.args[0], ast.Constant):
                found.setdefault(str(call.args[0].value), []).append(_sentence(call.args[1]))
    return {reason: " / ".join(sentences) for reason, sentences in sorted(found.items())}


def _sentence(node: ast.expr) -> str:
    """The words of a sentence; what is filled in stands in braces."""
    if isinstance(node, ast.JoinedStr):
        return "".join(_sentence(part) for part in node.values)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return _sentence(node.func.value)
    if isinstance(node, ast.FormattedValue):
        return "{" + _last_name(node.value) + "}"
    return str(node.value) if isinstance(node, ast.Constant) else "{" + _last_name(node) + "}"


def _last_name(node: ast.expr) -> str:
    """The word for a value: `case.label` is a label, `", ".join(sorted(known))` are the known."""
    if isinstance(node, ast.Call) and node.args:
        return _last_name(node.args[0])
    for one in ast.walk(node):
        if isinstance(one, ast.Attribute):
            return _last_name(one.value) if one.attr == "value" else one.attr
        if isinstance(one, ast.Name):
            return one.id
    return "..."


def errors_page() -> str:
    """Codes, reasons and guards."""
    return _page(
        "Errors",
        "Every error has a stable code. Strangers are shown the code, never the text. What helps: `never` asking"
        " again, asking again `now` after reading anew, or `later`.",
        table(
            ("code", "what helps", "meaning"),
            ((f"`{kind.code}`", kind.remedy.value, _first_sentence(kind.__doc__)) for kind in error_classes()),
        ),
        "## Reasons of a refusal",
        "`refused` comes with a reason. A refused action changes nothing. Words in braces are filled in.",
        table(("reason", "sentence"), ((f"`{reason}`", sentence) for reason, sentence in refusals().items())),
        "## Guards",
        "A workflow names guards; one that does not hold refuses with the reason `guard.` and its name.",
        table(
            ("reason", "what must hold"),
            ((f"`guard.{name}`", _first_sentence(guard.__doc__)) for name, guard in sorted(GUARDS.items())),
        ),
    )


def _first_sentence(text: str | None) -> str:
    return " ".join((text or "").split("\n\n")[0].split())


def defects_page() -> str:
    """What reading notes about a message."""
    return _page(
        "Defects",
        "What could not be read of a message is noted with the contact; the case is made all the same.",
        table(("code", "meaning"), ((f"`{code}`", meaning) for code, meaning in DEFECTS.items())),
    )


def trimmed_view_page() -> str:
    """Why the trimmed view leaves words out."""
    return _page(
        "The trimmed view",
        "Of a message, cards and lists show what is new. The whole text is always kept: `intakebot case show --full`"
        ' and "Show all" in Slack show it; `intakebot read --why` shows what would be left out of a mail, and why.'
        " Where several answers stand between quoted lines, the lines they answer are shown with them."
        " Where nothing would remain, the whole text is shown. The reasons, the most trustworthy ones first:",
        table(("reason", "meaning"), ((f"`{reason}`", sentence) for reason, sentence in SENTENCES.items())),
    )


def events_page() -> str:
    """The lines of a case's history."""
    return _page(
        "Events",
        "A case's history has a line for everything that happened to it. The names of steps come from the workflow"
        " files, the others from the program.",
        table(("event", "what happened"), ((f"`{name}`", meaning) for name, meaning in sorted(EVENTS.items()))),
    )


def written_events() -> set[str]:
    """The events that use cases write by name, and those of the shipped workflows."""
    workflows = load_settings(ROOT / "config").organisation.workflows.values()
    steps = {line.event for workflow in workflows for line in workflow.transitions}
    return steps | {name for module in modules() if _writes_events(module) for name in _events_in(module)}


def _writes_events(module: Module) -> bool:
    return module.name.startswith("usecases/") and module.name not in _ASKS_AND_ALARMS


def _events_in(module: Module) -> Iterator[str]:
    """Dotted texts that are neither the reason of a refusal nor the name of a fact."""
    reasons = {id(call.args[0]) for call in module.calls("RefusedError")}
    known = {*FIELDS, _RULE_WITHOUT_ID}
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in reasons:
            yield from {node.value} - known if _DOTTED.fullmatch(node.value) else ()


def facts_page() -> str:
    """What rules may ask, and what they may say."""
    return _page(
        "Facts and operators",
        "What a rule may ask for. A fact that is decided by a stage can be asked for in later stages only; the stages"
        f" are, in order: {', '.join(STAGES)}. Every header is a fact too: `header.x-spam-score`.",
        table(
            ("fact", "kind", "decided in", "what it says"),
            ((f"`{name}`", field.kind, field.decided_in or "-", FACTS[name]) for name, field in FIELDS.items()),
        ),
        "## Operators",
        "Written `fact.operator: operand`; without an operator, `eq` for one value and `in` for several.",
        table(
            ("operator", "reads", "takes", "said as"),
            (
                (f"`{name}`", ", ".join(sorted(operator.reads)), operator.takes, operator.phrase)
                for name, operator in OPERATORS.items()
            ),
        ),
        "## Actions",
        "Keys with `?` may be left out; words in capitals stand for a name or a text. A text may hold `{name}` of a"
        " capture of the rule, or of a fact. `merge` of a collecting stage joins what several rules set: `union` of"
        " lists, `max` of priorities, `first`.",
        table(
            ("stage", "action", "what it does"),
            (
                (stage, f"`{name}: {written(shape)}`", ACTION_WORDS[name])
                for stage, actions in ACTIONS.items()
                for name, shape in actions.items()
            ),
        ),
        "## Checks",
        "What `intakebot rules check` finds before a message comes. Everything is an error, which keeps the rules from"
        " being used, unless it is called a warning.",
        table(("check", "what is wrong"), ((name, what) for name, what in CHECKS.items())),
    )


def written(shape: Shape) -> str:
    """How an action is written, as a rule file has it."""
    match shape:
        case Choice(words):
            return " or ".join(words)
        case Named(what):
            return what.upper()
        case Value(type=kind):
            return "true" if kind is bool else "TEXT"
        case Texts():
            return "[TEXT, ...]"
        case Listed(each=each, or_one=or_one):
            return written(each) if or_one else f"[{written(each)}, ...]"
        case Record(required, optional, any_one):
            keys = [f"{key}: {written(each)}" for key, each in required.items()]
            keys += [f"{key}{'' if any_one else '?'}: {written(each)}" for key, each in optional.items()]
            return "{" + (" or " if any_one else ", ").join(keys) + "}"


def read_keys() -> dict[str, str]:
    """Every key that the configuration reads by name, with the kind of its value."""
    found = {}
    for module in modules():
        for node in ast.walk(module.tree) if module.name.startswith("config/") else ():
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in _KINDS:
                key = node.args[0] if node.args else None
                if isinstance(key, ast.Constant) and isinstance(key.value, str) and key.value not in _SECRET_SOURCES:
                    found[key.value] = _KINDS[node.func.attr]
        found |= dict.fromkeys(_named(module, "optional_file", 1), "file")
        found |= dict.fromkeys(_named(module, "secret", 0), "secret")
    return found


def _named(module: Module, reader: str, place: int) -> Iterator[str]:
    """The keys that a function of a module's own reads."""
    calls = module.calls(reader) if module.name.startswith("config/") else ()
    return (str(call.args[place].value) for call in calls if isinstance(call.args[place], ast.Constant))


def settings_page() -> str:
    """All settings, file by file."""
    kinds = read_keys()
    parts = []
    for file, settings in SETTINGS.items():
        rows = ((f"`{name}`", kinds.get(name.rsplit(".", 1)[-1], "-"), sense) for name, sense in settings.items())
        parts += [f"## {file}", table(("setting", "kind", "meaning"), rows)]
    return _page(
        "Settings",
        "`config/` is a complete, commented example. Unknown keys are errors; `intakebot config check` lists all"
        " problems with file and line. Durations are written 30s, 15m, 4h, 10d; sizes 64kB, 50MB.",
        *parts,
    )


def commands_page() -> str:
    """Every command with its help text."""
    helps = (
        f"## {context.command_path}\n\n```\n{context.get_help()}\n```" for context in _contexts(program, "intakebot")
    )
    return _page("Commands", "What each command says with `--help`.", *helps)


def _contexts(command: click.Command, called: str, parent: click.Context | None = None) -> Iterator[click.Context]:
    """The command and all below it, each under every name that it is called by."""
    context = click.Context(command, parent, called, terminal_width=_WIDTH, max_content_width=_WIDTH)
    yield context
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from _contexts(below, name, context)


def write(folder: Path = ROOT / "docs") -> None:
    """Write every page anew."""
    for name, page in pages().items():
        (folder / name).write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    write()

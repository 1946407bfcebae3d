"""Templates of everything that leaves for a caller; the only door to Jinja. Fulfils `ports.Render`.

A template is `<name>/<language>/{subject.txt,body.txt,body.html}` in one directory, read when the service starts;
`chat.txt` beside them says the same in a chat thread, where nobody is greeted.
It may say text, allowed values, `if`, and a few filters; nothing else. There are no loops, calls, assignments,
arithmetic or includes, so what a template costs is linear in its length and in its values: nothing has to be
killed. A template sees the values of `ALLOWED`, as frozen plain data, and only those, whatever it is handed; so
what is internal cannot leave. It is rendered once: template signs inside a value are printed as they are. Jinja's
own sandbox stands behind that as a second wall. `check` renders every template with samples before anything
starts, so that none fails in a caller's face.

Not bounded here: how often a template is rendered (that is the use cases' caps).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from jinja2 import StrictUndefined, TemplateSyntaxError, nodes
from jinja2 import TemplateError as JinjaError
from jinja2.exceptions import SecurityError
from jinja2.sandbox import ImmutableSandboxedEnvironment

from intakebot.domain.errors import Problem, TemplateError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from jinja2 import Template

Plain: TypeAlias = str | int | bool | None


@dataclass(frozen=True, slots=True)
class Allowed:
    """One value that templates may show: what it is, and what previews show for it."""

    meaning: str
    sample: Plain


ALLOWED: Final[Mapping[str, Allowed]] = MappingProxyType(
    {
        "marker": Allowed("the line above which callers reply; every text body begins with it", "--- reply above ---"),
        "caller.name": Allowed("the caller's name, or empty", "Robin Rivers"),
        "caller.address": Allowed("the caller's mail address; empty in a chat", "robin@caller.example"),
        "case.number": Allowed("the case's number as people write it", "C-1001"),
        "case.title": Allowed("the case's title", "No signal since this morning"),
        "case.priority": Allowed("low, normal, high or urgent", "normal"),
        "case.opened_at": Allowed("when the case was opened, written for people", "2026-03-02 09:15 UTC"),
        "queue.title": Allowed("the team that the case waits for", "Product support"),
        "queue.reply_name": Allowed("the name that replies are signed with", "Product support"),
        "resolution.text": Allowed("the answer", "Please restart the router.\nIt will be back within five minutes."),
        "question.text": Allowed("what the agent asks", "Which lights are on at the front?"),
        "earlier.number": Allowed("the closed case that the caller wrote about again", "C-1000"),
    }
)
"""Every value that a template may name. `REQUIRED` says which group is there for which template."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "acknowledgement": (),
        "resolution": ("resolution",),
        "question": ("question",),
        "closing-notice": (),
        "reopened-as-new": ("earlier",),
    }
)
"""Templates that the program itself asks for, with the groups of values that only they have.

All other templates are resolution templates. Every template has `marker`, `caller`, `case` and `queue`.
"""

_GROUPS_OF_ALL = ("marker", "caller", "case", "queue")

SUBJECT, TEXT, HTML, CHAT = "subject.txt", "body.txt", "body.html", "chat.txt"
LONGEST_SUBJECT = 200
LONGEST = {SUBJECT: 20_000, TEXT: 100_000, HTML: 600_000, CHAT: 100_000}
"""Characters of output; HTML has room for a longest text in which every character is escaped."""

_LONGEST_FILE = 100_000
_DEEPEST = 30
_FILTERS = frozenset({"capitalize", "default", "lower", "trim", "upper"})
_TESTS = frozenset({"defined", "none"})
_SYNTAX = (
    nodes.Output,
    nodes.TemplateData,
    nodes.Name,
    nodes.Getattr,
    nodes.Const,
    nodes.If,
    nodes.CondExpr,
    nodes.Filter,
    nodes.Test,
    nodes.Compare,
    nodes.Operand,
    nodes.And,
    nodes.Or,
    nodes.Not,
)
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_WHITE = re.compile(r"\s+")


class _Sandbox(ImmutableSandboxedEnvironment):
    """Plain mappings have members; nothing else has any, and nothing can be called."""

    def getattr(self, obj: Any, attribute: str) -> Any:  # noqa: ANN401 - Jinja's own signature
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:  # noqa: ANN401 - Jinja's own signature
        if isinstance(obj, StrictUndefined):
            return obj
        if not isinstance(obj, MappingProxyType):
            raise SecurityError(f"a value has no members; {argument!r} was asked for")
        return obj[argument] if argument in obj else self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, _obj: Any) -> bool:  # noqa: ANN401 - Jinja's own signature
        return False


class Templates:
    """All templates of one directory, compiled. Broken ones are reported by `check` and refuse to render."""

    def __init__(self, directory: Path) -> None:
        self._compiled: dict[tuple[str, str, str], Template] = {}
        self._problems: list[Problem] = []
        self._environment = _Sandbox(
            undefined=StrictUndefined,
            autoescape=lambda name: bool(name) and str(name).endswith(".html"),
            trim_blocks=True,
            lstrip_blocks=True,
            keep_trailing_newline=True,
        )
        self._environment.globals.clear()
        for path in sorted(path for path in directory.glob("**/*") if path.is_file()):
            self._read(path, path.relative_to(directory).as_posix())
        bodies = sorted((name, language) for name, language, part in self._compiled if part == TEXT)
        self._languages = {name: tuple(each for known, each in bodies if known == name) for name, _ in bodies}

    def render(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str, str]:
        """Subject (one line), text and HTML ('' when there is none).

        `values` is nested: `{"case": {"number": "C-1001"}}`. Raises TemplateError when the template does not
        exist or is broken, names a value that is not there, gets one that is not plain, or becomes too long.
        """
        shown = _frozen(values)
        subject = _one_line(self._part(name, language, SUBJECT, shown))
        text = self._part(name, language, TEXT, shown)
        has_html = (name, language, HTML) in self._compiled
        return subject, text, self._part(name, language, HTML, shown) if has_html else ""

    def render_chat(self, name: str, language: str, values: Mapping[str, Any]) -> tuple[str, str]:
        """Subject and text for a chat thread: `chat.txt`, or `body.txt` without its first line, the marker.

        Takes and raises what `render` does.
        """
        shown = _frozen(dict(values) | {"marker": ""})
        part = CHAT if (name, language, CHAT) in self._compiled else TEXT
        return _one_line(self._part(name, language, SUBJECT, shown)), self._part(name, language, part, shown).strip()

    def languages(self, name: str) -> tuple[str, ...]:
        """The languages that a template exists in, in alphabetical order."""
        return self._languages.get(name, ())

    def names(self) -> tuple[str, ...]:
        """All templates, in alphabetical order."""
        return tuple(sorted({name for name, _, _ in self._compiled}))

    def resolutions(self) -> tuple[str, ...]:
        """The templates that answer a case by themselves, in alphabetical order."""
        return tuple(name for name in self.names() if name not in REQUIRED)

    def preview(self, name: str, language: str) -> tuple[str, str, str]:
        """The template rendered with sample values; raises TemplateError."""
        return self.render(name, language, _samples(name))

    def preview_chat(self, name: str, language: str) -> str:
        """The same as it is said in a chat thread."""
        return self.render_chat(name, language, _samples(name))[1]

    def check(self, languages: tuple[str, ...]) -> list[Problem]:
        """Everything that is wrong with any template, for an installation that speaks `languages`."""
        found = list(self._problems)
        broken = {problem.file for problem in found}
        for name in sorted({*self.names(), *REQUIRED}):
            for language in sorted({*languages, *(known for at, known, _ in self._compiled if at == name)}):
                found += self._check_one(name, language, broken)
        return sorted(set(found))

    def _check_one(self, name: str, language: str, broken: set[str]) -> Iterator[Problem]:
        for part in (SUBJECT, TEXT):
            file = f"{name}/{language}/{part}"
            if (name, language, part) not in self._compiled and file not in broken:
                yield Problem(file, 0, "is missing")
        for part in LONGEST:
            if (name, language, part) in self._compiled:
                try:
                    self._part(name, language, part, _frozen(_samples(name)))
                except TemplateError as error:
                    yield Problem(f"{name}/{language}/{part}", 0, error.sentence)

    def _read(self, path: Path, file: str) -> None:
        name, _, rest = file.partition("/")
        language, _, part = rest.partition("/")
        if part not in LONGEST:
            names = ", ".join(LONGEST)
            self._problems.append(Problem(file, 0, f"is no template; they are <name>/<language>/ with {names}"))
            return
        try:
            source = path.read_bytes()[: _LONGEST_FILE + 1].decode()
        except (OSError, UnicodeDecodeError):
            self._problems.append(Problem(file, 0, "cannot be read as UTF-8 text"))
            return
        refused = list(_refused_source(self._environment, source, file))
        self._problems += refused
        if not refused:
            code = self._environment.compile(source, file, file)
            shared = self._environment.make_globals(None)
            self._compiled[name, language, part] = self._environment.template_class.from_code(
                self._environment, code, shared
            )

    def _part(self, name: str, language: str, part: str, shown: Mapping[str, Any]) -> str:
        template = self._compiled.get((name, language, part))
        if template is None:
            raise TemplateError(f"there is no template {name}/{language}/{part} that can be used; run the check")
        try:
            output = template.render(shown)
        except JinjaError as error:
            raise TemplateError(f"{name}/{language}/{part} does not render: {error.message}") from None
        if len(output) > LONGEST[part]:
            raise TemplateError(f"{name}/{language}/{part} becomes longer than {LONGEST[part]} characters; shorten it")
        return _CONTROLS.sub("", output.replace("\r\n", "\n"))


def _refused_source(environment: _Sandbox, source: str, file: str) -> Iterator[Problem]:
    """What a template may not say. Looks at its syntax only."""
    if len(source) > _LONGEST_FILE:
        yield Problem(file, 0, f"is longer than {_LONGEST_FILE} characters")
        return
    if file.endswith(TEXT) and source.partition("\n")[0].strip() != "{{ marker }}":
        yield Problem(file, 1, "the first line has to be {{ marker }}, or quoted replies cannot be cut off")
    try:
        tree = environment.parse(source, file, file)
        allowed = _allowed_for(file.partition("/")[0], in_chat=file.endswith(CHAT))
        for sentence, line in _refused_nodes(tree, allowed, 0):
            yield Problem(file, line, sentence)
    except TemplateSyntaxError as error:
        yield Problem(file, error.lineno, f"is no template: {error.message}")
    except RecursionError:
        yield Problem(file, 0, "is nested too deeply")


def _refused_nodes(parent: nodes.Node, allowed: tuple[str, ...], depth: int) -> Iterator[tuple[str, int]]:
    for node in parent.iter_child_nodes():
        path = _dotted(node)
        if depth > _DEEPEST:
            yield "is nested too deeply", node.lineno
        elif path is not None:
            if path not in allowed:
                yield f"this template may not name {path!r}; allowed: {', '.join(allowed)}", node.lineno
        elif not isinstance(node, _SYNTAX) or isinstance(node, nodes.Getattr):
            yield (
                f"a template may not use {type(node).__name__.lower()} here; it has values, if, and filters",
                node.lineno,
            )
        elif isinstance(node, nodes.Filter) and node.name not in _FILTERS:
            yield f"unknown filter {node.name!r}; allowed: {', '.join(sorted(_FILTERS))}", node.lineno
        elif isinstance(node, nodes.Test) and node.name not in _TESTS:
            yield f"unknown test {node.name!r}; allowed: {', '.join(sorted(_TESTS))}", node.lineno
        else:
            yield from _refused_nodes(node, allowed, depth + 1)


def _dotted(node: nodes.Node) -> str | None:
    """`case.number` for a value that is named, None for any other expression."""
    if isinstance(node, nodes.Name):
        return node.name
    inner = _dotted(node.node) if isinstance(node, nodes.Getattr) else None
    return f"{inner}.{node.attr}" if inner is not None and isinstance(node, nodes.Getattr) else None


def _frozen(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """The allowed ones of these values, as data that nobody can change or call."""
    shown: dict[str, Any] = {}
    for path in ALLOWED:
        group, _, name = path.partition(".")
        if not name and group in values:
            shown[group] = _plain(path, values[group])
        elif name and name in values.get(group, {}):
            shown.setdefault(group, {})[name] = _plain(path, values[group][name])
    return {key: MappingProxyType(value) if isinstance(value, dict) else value for key, value in shown.items()}


def _plain(path: str, value: object) -> Plain:
    """Exactly a plain type: a subclass of str may call itself safe HTML."""
    if value is None or type(value) in {str, int, bool}:
        return value  # type: ignore[return-value] # the line above is the proof
    raise TemplateError(
        f"the value {path} is a {type(value).__name__}; templates take text, numbers, true, false, none"
    )


def _allowed_for(template: str, *, in_chat: bool = False) -> tuple[str, ...]:
    """The values that a template may name; nobody replies above a marker in a chat."""
    groups = {*_GROUPS_OF_ALL, *REQUIRED.get(template, ())} - ({"marker"} if in_chat else set())
    return tuple(path for path in ALLOWED if path.partition(".")[0] in groups)


def _samples(template: str) -> dict[str, Any]:
    nested: dict[str, Any] = {}
    for path in _allowed_for(template):
        group, _, name = path.partition(".")
        if name:
            nested.setdefault(group, {})[name] = ALLOWED[path].sample
        else:
            nested[group] = ALLOWED[path].sample
    return nested


def _one_line(text: str) -> str:
    line = _WHITE.sub(" ", text).strip()
    return line if len(line) <= LONGEST_SUBJECT else line[: LONGEST_SUBJECT - 1] + "\N{HORIZONTAL ELLIPSIS}"

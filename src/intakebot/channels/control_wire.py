"""What travels over the control socket: commands, questions and errors as JSON, read back strictly.

`channels.control` uses it at both ends. A request that is not exactly of a known shape raises `RefusedError`
(`request.malformed`); an error comes back as the class that was raised at the other end.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import astuple, dataclass
from datetime import date
from typing import Any, TypeVar, get_args, get_origin

import cattrs
from cattrs.errors import BaseValidationError

from intakebot.domain.actors import Actor
from intakebot.domain.commands import Command
from intakebot.domain.errors import (
    AlreadyRunningError,
    ConfigError,
    ConflictError,
    IntakebotError,
    NotFoundError,
    Problem,
    RefusedError,
    ServiceUnreachableError,
    StorageUnavailableError,
    TemplateError,
)

T = TypeVar("T")
COMMANDS: Mapping[str, type[Command]] = {kind.__name__: kind for kind in get_args(Command)}
_REBUILT: Mapping[str, type[IntakebotError]] = {
    kind.code: kind
    for kind in (
        NotFoundError,
        ConflictError,
        StorageUnavailableError,
        AlreadyRunningError,
        ServiceUnreachableError,
        TemplateError,
    )
}


@dataclass(frozen=True, slots=True)
class Performance:
    """A command that an actor wants performed."""

    command: Command
    by: Actor


@dataclass(frozen=True, slots=True)
class Question:
    """A question with its arguments."""

    name: str
    arguments: Mapping[str, Any]


def _exactly(kind: type[T]) -> Callable[[object, type[T]], T]:
    """A reader that takes values of this very type and turns nothing into it (a bool is not a number)."""

    def read(value: object, _: type[T]) -> T:
        if type(value) is not kind:
            raise TypeError(f"expected {kind.__name__}, got {type(value).__name__}")
        return value

    return read


def _read_date(value: object, _: type[date]) -> date:
    if not isinstance(value, str):
        raise TypeError(f"expected a date as text, got {type(value).__name__}")
    return date.fromisoformat(value)


def _read_bytes(value: object, _: type[bytes]) -> bytes:
    if not isinstance(value, str):
        raise TypeError(f"expected bytes as base64 text, got {type(value).__name__}")
    return base64.b64decode(value, validate=True)


def _strict_converter() -> cattrs.Converter:
    converter = cattrs.Converter(forbid_extra_keys=True)
    for kind in (str, int, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook(date, _read_date)
    converter.register_unstructure_hook(date, date.isoformat)
    converter.register_structure_hook(bytes, _read_bytes)
    converter.register_unstructure_hook(bytes, lambda content: base64.b64encode(content).decode("ascii"))

    def tuple_reader(kind: Any) -> Callable[[object, object], tuple[Any, ...]]:  # noqa: ANN401 - any tuple[X, ...]
        (item_kind, _) = get_args(kind)

        def read(value: object, _: object) -> tuple[Any, ...]:
            if not isinstance(value, list):
                raise TypeError(f"expected a list, got {type(value).__name__}")
            return tuple(converter.structure(item, item_kind) for item in value)

        return read

    converter.register_structure_hook_factory(_is_tuple, tuple_reader)
    return converter


def _is_tuple(kind: object) -> bool:
    return get_origin(kind) is tuple


_CONVERTER = _strict_converter()


def malformed(why: str) -> RefusedError:
    """The refusal of a request that cannot be understood."""
    return RefusedError("request.malformed", f"the request was not understood and nothing was done: {why}")


def request_of(line: bytes) -> Performance | Question:
    """Read one request; raises RefusedError (`request.malformed`) for anything that is not exactly one."""
    try:
        request = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise malformed("it is not JSON") from error
    match request:
        case {"perform": dict() as command, "by": str() as by, **others} if not others:
            return Performance(_command_of(command), _actor_of(by))
        case {"ask": str() as question, **others} if set(others) <= {"arguments"}:
            arguments = others.get("arguments", {})
            if isinstance(arguments, dict):
                return Question(question, arguments)
    raise malformed('expected {"perform": {...}, "by": "agent:..."} or {"ask": "...", "arguments": {...}}')


def _actor_of(text: str) -> Actor:
    try:
        return Actor.parse(text)
    except ValueError as error:
        raise malformed(f"{text!r} is no actor") from error


def _command_of(written: Mapping[str, Any]) -> Command:
    name = written.get("command")
    kind = COMMANDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise malformed(f"there is no command {name!r}")
    values = {key: value for key, value in written.items() if key != "command"}
    try:
        return _CONVERTER.structure(values, kind)
    except (BaseValidationError, TypeError, ValueError, AttributeError) as error:
        raise malformed(f"{name}: {'; '.join(cattrs.transform_error(error))}") from error


def line_of(request: Performance | Question) -> bytes:
    """A request as one line."""
    if isinstance(request, Question):
        return _line({"ask": request.name, "arguments": request.arguments})
    command = {"command": type(request.command).__name__, **_CONVERTER.unstructure(request.command)}
    return _line({"perform": command, "by": str(request.by)})


def answer_line(answer: object) -> bytes:
    """An answer as one line."""
    return _line({"ok": answer})


def error_line(error: IntakebotError) -> bytes:
    """An error as one line; what is outside the known classes travels by its code alone."""
    fields: dict[str, Any] = {"code": error.code, "reason": "", "sentence": error.sentence}
    if isinstance(error, RefusedError):
        fields["reason"] = error.reason
    if isinstance(error, ConfigError):
        fields["problems"] = [astuple(problem) for problem in error.problems]
    return _line({"error": fields})


def answer_of(line: bytes) -> Any:  # noqa: ANN401 - JSON-like data, by question
    """Read one answer, or raise the error that it carries, as the class that was raised at the other end."""
    answer = json.loads(line)
    if "error" in answer:
        raise _error_of(answer["error"])
    return answer["ok"]


def _error_of(fields: Mapping[str, Any]) -> IntakebotError:
    code, sentence = fields["code"], fields["sentence"]
    if code == RefusedError.code:
        return RefusedError(fields["reason"], sentence)
    if code == ConfigError.code:
        return ConfigError([Problem(*problem) for problem in fields["problems"]])
    return _REBUILT.get(code, IntakebotError)(sentence)


def _line(content: Mapping[str, Any]) -> bytes:
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"

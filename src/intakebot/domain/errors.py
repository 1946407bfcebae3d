"""The one tree of errors: what went wrong, and whether asking again can help.

Every room raises from here; only the edges translate (`remedy` to an SMTP reply, an exit code, a retry).
A stranger is shown `code`, never the text; operators and agents get the sentence.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum
from typing import ClassVar, Literal, TypeAlias


class Remedy(Enum):
    """What helps: nothing, a change by the one who asked, or time."""

    NEVER = "never"
    NOW = "now"
    LATER = "later"


class IntakebotError(Exception):
    """Root of all errors that this program raises on purpose.

    `code` is stable (dotted, lower case) and documented in docs/reference/errors.md; the text is a
    sentence that names the next step.
    """

    code: ClassVar[str] = "error"
    remedy: ClassVar[Remedy] = Remedy.LATER

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class RefusedError(IntakebotError):
    """A command that the process does not allow; nothing was changed.

    `reason` is the stable code of the refusal (`transition.not-allowed`, `guard.queue-required`, ...).
    """

    code = "refused"
    remedy = Remedy.NEVER

    def __init__(self, reason: str, sentence: str) -> None:
        super().__init__(sentence)
        self.reason = reason


class NotFoundError(IntakebotError):
    """Something was named that does not exist."""

    code = "not-found"
    remedy = Remedy.NEVER


class ConflictError(IntakebotError):
    """Somebody else changed the case first; read it again and decide again."""

    code = "conflict"
    remedy = Remedy.NOW


class StorageUnavailableError(IntakebotError):
    """The database or the disk did not take it; nothing was promised."""

    code = "storage.unavailable"
    remedy = Remedy.LATER


class AlreadyRunningError(IntakebotError):
    """Another process holds this data directory."""

    code = "already-running"
    remedy = Remedy.LATER


class DoorUnavailableError(IntakebotError):
    """An address that we should listen on cannot be had."""

    code = "door.unavailable"
    remedy = Remedy.LATER


class TokenRefusedError(DoorUnavailableError):
    """A platform refuses the token that the configuration gives it; only a person can put another one there."""

    code = "door.token-refused"
    remedy = Remedy.NEVER


class ServiceUnreachableError(IntakebotError):
    """The running service did not answer on its control socket."""

    code = "service.unreachable"
    remedy = Remedy.LATER


class ReaderLostError(IntakebotError):
    """The process that reads messages did not survive one; the raw bytes are kept."""

    code = "reader.lost"
    remedy = Remedy.LATER


class DeliveryDeferredError(IntakebotError):
    """The next hop asked to come back later (4xx, no connection): certainly not taken.

    `retry_after` is how long it asked for; None = the house decides.
    """

    code = "delivery.deferred"
    remedy = Remedy.LATER

    def __init__(self, sentence: str, retry_after: timedelta | None = None) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class DeliveryFailedError(IntakebotError):
    """The next hop will never take this message (5xx): certainly not taken."""

    code = "delivery.failed"
    remedy = Remedy.NEVER


class DeliveryAmbiguousError(IntakebotError):
    """The connection broke after the message was handed over: nobody can know whether it was taken."""

    code = "delivery.ambiguous"
    remedy = Remedy.NEVER


class DeliveryUnverifiableError(DeliveryAmbiguousError):
    """Nobody can know whether it was taken: this outlet could look, and is not allowed to."""

    code = "delivery.unverifiable"
    remedy = Remedy.NEVER


class SlackLimitedError(IntakebotError):
    """Slack was asked too often: certainly not done. `retry_after` is how long to leave it alone."""

    code = "slack.limited"
    remedy = Remedy.LATER

    def __init__(self, sentence: str, retry_after: timedelta) -> None:
        super().__init__(sentence)
        self.retry_after = retry_after


class SlackRefusedError(IntakebotError):
    """Slack said no, and will say no again: certainly not done.

    `error` is Slack's code (`channel_not_found`), `needed` the scope that the app lacks, or ''.
    """

    code = "slack.refused"
    remedy = Remedy.NEVER

    def __init__(self, sentence: str, error: str, needed: str = "") -> None:
        super().__init__(sentence)
        self.error = error
        self.needed = needed


class SlackUnreachableError(IntakebotError):
    """Slack gave no answer that says what became of it. `taken`: False = certainly not done, None = nobody knows."""

    code = "slack.unreachable"
    remedy = Remedy.LATER

    def __init__(self, sentence: str, taken: bool | None) -> None:  # noqa: FBT001 - a fact, not a switch
        super().__init__(sentence)
        self.taken = taken


class MailboxError(IntakebotError):
    """A mailbox that mail is fetched from cannot be used, or gave no answer that says what became of a request.

    `trouble` says what is wrong: `unreachable`, `certificate`, `login`, `folder`; `lost` for a connection that broke,
    `refused` for one request that the server answered with no, `busy` for a server that puts us off.
    """

    code = "mailbox"
    remedy = Remedy.LATER

    def __init__(self, trouble: str, sentence: str) -> None:
        super().__init__(sentence)
        self.trouble = trouble


class TemplateError(IntakebotError):
    """A template is missing, asks for something it may not see, or does not render."""

    code = "template"
    remedy = Remedy.NEVER


Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One thing wrong with a configuration, where it stands (`line` counts from 1; 0 = the whole file).

    A warning is told and stops nothing.
    """

    file: str
    line: int
    sentence: str
    severity: Severity = "error"

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        return f"{where}: {self.sentence}"


class ConfigError(IntakebotError):
    """The configuration cannot be used. Lists all problems that were found, not only the first."""

    code = "config"
    remedy = Remedy.NEVER

    def __init__(self, problems: tuple[Problem, ...] | list[Problem]) -> None:
        self.problems = tuple(sorted(set(problems)))
        super().__init__("\n".join(str(problem) for problem in self.problems))

"""The last screen of the demonstration: a table of cases, a time line for each, and the checks."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from intakebot.cli.looks import Rows, case_number, section, status, title
from intakebot.cli.plain_text import one_line

if TYPE_CHECKING:
    from intakebot.demo.performance import Kept

Record = Mapping[str, Any]
_TOLD_BY_THE_NEXT = frozenset({"case.answered-by-rule"})
"""Events that only prepare the next one."""


def demonstration_page(report: Record) -> RenderableType:
    """The whole report."""
    cases, checks = report["cases"], report["checks"]
    failed = [check for check in checks if not check["ok"]]
    return Group(
        section("Cases", _cases(cases)),
        section("Time lines", Group(*(_time_line(case) for case in cases))),
        section("Checks", _checks(checks)),
        Text(""),
        _verdict(report, failed),
    )


def _cases(cases: Sequence[Record]) -> RenderableType:
    rows = [
        (
            case_number(case["number"]),
            status(case["status"]),
            one_line(case["queue"]),
            one_line(case["owner"]),
            one_line(case["category"]),
            title(case["title"]),
        )
        for case in cases
    ]
    return Rows(("Case", "Status", "Queue", "Owner", "Category", "Title"), rows, wraps=("Title",))


def _time_line(case: Record) -> RenderableType:
    head = Text.assemble(case_number(case["number"]), "  ", one_line(case["scene"]))
    return Group(head, Padding(Text(" → ", style="dim").join(_moments(case["time_line"])), (0, 0, 0, 8)))


def _moments(events: Sequence[Record]) -> Iterator[Text]:
    """What happened, each with who did it; the time at the beginning, and where days have passed."""
    before: datetime | None = None
    queue, told = "", ""
    for event in events:
        at = datetime.fromisoformat(event["at"])
        if before is None:
            yield Text(f"{at:%H:%M}", style="dim")
        elif at - before >= timedelta(days=1):
            yield Text(f"{(at - before).days} days later", style="bold magenta")
        before = at
        queue = event["changes"].get("queue", queue)
        if event["kind"] == "case.registered":
            yield status(event["changes"]["status"])
        elif event["kind"] not in _TOLD_BY_THE_NEXT:
            moved = queue != told and bool({"status", "queue"} & event["changes"].keys())
            yield _moment(event, queue if moved else "")
            told = queue if moved else told


def _moment(event: Record, queue: str) -> Text:
    what = event["kind"].removeprefix("case.").replace(".", " ").replace("-", " ")
    reached = event["changes"].get("status")
    parts = [status(reached) if reached else one_line(what)]
    if queue:
        parts.append(one_line(f"in {queue}"))
    if event["changes"].get("assignee"):
        parts.append(one_line(f"for {event['changes']['assignee']}"))
    kind, _, name = event["by"].partition(":")
    if kind == "agent":
        parts.append(one_line(f"by {name}", "cyan"))
    elif kind in {"rule", "timer"}:
        parts.append(one_line(f"by {kind}", "blue"))
    return Text(" ").join(parts)


def _checks(checks: Sequence[Record]) -> RenderableType:
    """One line for each scene and for each check of the whole; what failed with its detail."""
    of_scene: dict[str, list[Record]] = {}
    for check in checks:
        of_scene.setdefault(check["name"].partition(": ")[0], []).append(check)
    return Group(*(line for scene, found in of_scene.items() for line in _scene_checks(scene, found)))


def _scene_checks(scene: str, found: Sequence[Record]) -> Iterator[Text]:
    failed = [check for check in found if not check["ok"]]
    mark = ("✗ ", "bold red") if failed else ("✓ ", "green")
    yield Text.assemble(mark, one_line(scene), (f"  {len(found)} checks" if len(found) > 1 else "", "dim"))
    for check in failed:
        yield Text.assemble("    ", one_line(check["name"].removeprefix(f"{scene}: "), "red"))
        yield Text.assemble("    ", one_line(check["detail"], "red"))


def _verdict(report: Record, failed: Sequence[Record]) -> Text:
    counted = ", ".join(
        f"{sum(report[what].values())} {what} ({_each(report[what])})" for what in ("contacts", "deliveries")
    )
    told = f"{len(report['cases'])} cases; {counted}; {len(report['checks'])} checks, "
    end = (f"{len(failed)} failed", "bold red") if failed else ("all passed", "bold green")
    return Text.assemble(told, end)


def _each(counts: Mapping[str, int]) -> str:
    return ", ".join(f"{number} {state}" for state, number in sorted(counts.items()))


def kept_lines(kept: Kept) -> Iterator[str]:
    """Where things are, and how to ask and stop a service that runs on."""
    yield f"kept: {kept.home} (log: service.log, mails that left: data/outbox)"
    if kept.pid:
        ask = f"intakebot --config {kept.settings} --data {kept.data}"
        yield f"  the service runs on; SMTP on 127.0.0.1:{kept.port}"
        yield f"  ask it:   {ask} case list"
        yield f"  stop it:  kill -INT {kept.pid}   and remove {kept.home}"

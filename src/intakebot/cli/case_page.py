"""The page of one case: what it is and who has it, what was said, what is to do, what has left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from intakebot.cli.case_tables import due
from intakebot.cli.looks import ROOMY, case_number, fields, named, quoted, section, status, table
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown

Record = Mapping[str, Any]


def case_page(case: Record, calendar: Calendar, width: int) -> RenderableType:
    """The whole case."""
    parts: list[RenderableType] = [_header(case, calendar, width)]
    for title, key, draw in _SECTIONS:
        if case.get(key):
            parts.append(section(title, draw(case[key], calendar)))
    return Group(*parts)


def _header(case: Record, calendar: Calendar, width: int) -> Panel:
    title = Text.assemble(case_number(case["number"]), "  ", one_line(case["title"], "bold"))
    left = fields(_state(case, calendar))
    right = fields(_customer(case))
    if width >= ROOMY:
        body: RenderableType = _beside(left, right)
    else:
        body = Group(left, right)
    missing = case.get("missing")
    if missing:
        body = Group(body, Text.assemble(("missing  ", "bold yellow"), shown(missing)))
    return Panel(body, title=title, title_align="left", padding=(0, 1))


def _beside(left: RenderableType, right: RenderableType) -> Table:
    grid = Table.grid(expand=True, padding=(0, 2))
    grid.add_column(ratio=1)
    grid.add_column(ratio=1)
    grid.add_row(left, right)
    return grid


def _state(case: Record, calendar: Calendar) -> Iterator[tuple[str, Text | str]]:
    ended = case.get("ended_as")
    yield "status", Text.assemble(status(case["status"]), f" (ended: {ended})" if ended else "")
    yield "priority", status(case.get("priority"))
    yield "process", one_line(case.get("workflow"))
    yield "queue", one_line(case.get("queue"))
    yield "owner", one_line(case.get("owner"))
    yield "assignee", one_line(case.get("assignee"))
    yield "category", one_line(case.get("category"))
    yield "markers", shown([*case.get("markers", ()), *case.get("tags", ())])
    yield "opened", calendar.both(case.get("opened_at"))
    yield "respond by", calendar.both(case.get("respond_by"))
    yield "solve by", _solve_by(case, calendar)
    yield "resolved", calendar.both(case.get("resolved_at"))
    yield "closed", calendar.both(case.get("closed_at"))


def _solve_by(case: Record, calendar: Calendar) -> Text:
    moment = case.get("solve_by")
    return Text(calendar.both(moment), style=due(case, calendar).style)


def _customer(case: Record) -> Iterator[tuple[str, Text | str]]:
    yield "caller", _caller(case.get("caller"))
    yield "customer", _customer_name(case.get("customer"))
    yield "account", named(case.get("account"), "reference")
    yield "subscription", _subscription(case.get("subscription"))
    if case.get("support_key"):
        yield "support key", Text.assemble(one_line(case["support_key"]), " ", status(case.get("support_key_state")))
    for agreement in case.get("agreements") or ():
        yield f"{agreement.get('kind')} agreement", _agreement(agreement)
    thing = case.get("business_object")
    if thing:
        yield "about", Text.assemble(one_line(thing.get("type")), " ", one_line(thing.get("reference")))
    yield "language", one_line(case.get("language"))


def _caller(caller: Record | None) -> Text:
    if not caller:
        return Text("unidentified", style="yellow")
    addresses = [str(pair[-1]) for pair in caller.get("addresses", ())]
    return Text.assemble(one_line(caller.get("name")), "  ", (one_line(", ".join(addresses)).plain, "dim"))


def _customer_name(customer: Record | None) -> Text:
    if not customer:
        return Text("unidentified", style="yellow")
    rest = " · ".join(str(customer[key]) for key in ("reference", "tier", "segment") if customer.get(key))
    return Text.assemble(one_line(customer.get("name")), "  ", (one_line(rest).plain, "dim"))


def _subscription(line: Record | None) -> Text:
    if not line:
        return Text("")
    return Text.assemble(
        one_line(line["reference"]), "  ", one_line(line.get("product")), "  ", status(line.get("status"))
    )


def _agreement(agreement: Record) -> Text:
    until = agreement.get("valid_to")
    parts = [one_line(agreement["reference"]), one_line(agreement.get("policy")), status(agreement.get("state"))]
    parts.append(Text(f"until {until}" if until else "", style="dim"))
    return Text("  ").join(part for part in parts if part)


def _description(text: str, _: Calendar) -> RenderableType:
    return quoted(text)


def _messages(messages: list[Record], calendar: Calendar) -> RenderableType:
    return Group(
        *(_said(line, calendar, line.get("sender"), line.get("new_text") or line.get("text")) for line in messages)
    )


def _comments(comments: list[Record], calendar: Calendar) -> RenderableType:
    return Group(*(_said(line, calendar, f"{line['by']} · {line['kind']}", line["text"]) for line in comments))


def _said(line: Record, calendar: Calendar, who: object, text: object) -> Group:
    head = Text.assemble((calendar.both(line["at"]), "dim"), "  ", one_line(who, "bold"))
    return Group(head, quoted(text))


def _resolution(resolution: Record, calendar: Calendar) -> RenderableType:
    sent = resolution.get("sent_at")
    state = Text(f"sent {calendar.both(sent)}", style="green") if sent else Text("not sent", style="yellow")
    by = Text.assemble(
        (calendar.both(resolution.get("entered_at")), "dim"), "  ", one_line(resolution.get("by"), "bold")
    )
    return Group(Text.assemble(by, "  ", state), quoted(resolution["text"]))


def _tasks(tasks: list[Record], calendar: Calendar) -> RenderableType:
    drawn = table(
        "Task", "Status", "Where", "Title", "Handover", "Completed", exact=("Task", "Handover"), wraps=("Title",)
    )
    for task in tasks:
        where = one_line(task.get("assignee") or task.get("queue"))
        ended = " ".join(filter(None, (calendar.relative(task.get("completed_at")), task.get("reason"))))
        drawn.add_row(
            str(task["id"]),
            status(task["status"]),
            where,
            one_line(task["title"]),
            one_line(task.get("handover")),
            one_line(ended),
        )
    return drawn


def _deliveries(deliveries: list[Record], calendar: Calendar) -> RenderableType:
    drawn = table("Delivery", "Kind", "To", "State", "When", "Answer", exact=("Delivery",), wraps=("Answer",))
    for delivery in deliveries:
        when = calendar.relative(delivery.get("settled_at") or delivery.get("due_at") or delivery.get("created_at"))
        drawn.add_row(
            str(delivery["id"]),
            one_line(delivery["kind"]),
            one_line(delivery["recipient"]),
            status(delivery["state"]),
            when,
            one_line(delivery.get("answer")),
        )
    return drawn


def _links(links: list[Record], _: Calendar) -> RenderableType:
    return Columns(
        [Text.assemble(one_line(link.get("relation")), " ", case_number(link.get("number"))) for link in links]
    )


def _timers(timers: list[Record], calendar: Calendar) -> RenderableType:
    return fields((str(timer["kind"]), calendar.both(timer["due_at"])) for timer in timers)


_SECTIONS: tuple[tuple[str, str, Callable[[Any, Calendar], RenderableType]], ...] = (
    ("Description", "description", _description),
    ("Conversation", "messages", _messages),
    ("Tasks", "tasks", _tasks),
    ("Comments", "comments", _comments),
    ("Resolution", "resolution", _resolution),
    ("Deliveries", "deliveries", _deliveries),
    ("Linked cases", "links", _links),
    ("Timers", "timers", _timers),
)

"""The page of one case: what it is and who has it, what was said, what is to do, what has left."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rich.columns import Columns
from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.text import Text

from intakebot.cli.case_tables import due
from intakebot.cli.file_pages import FILES, files_table
from intakebot.cli.looks import Beside, Rows, case_number, fields, named, quoted, section, status
from intakebot.cli.moments import Calendar
from intakebot.cli.plain_text import one_line, shown
from intakebot.cli.suggestions import suggested_line

Record = Mapping[str, Any]


def case_page(case: Record, calendar: Calendar, *, full: bool = False) -> RenderableType:
    """The whole case; messages in their trimmed view, or with `full` as they came."""
    parts: list[RenderableType] = [_header(case, calendar)]
    for title, key, draw in _SECTIONS:
        if case.get(key):
            drawn = _full_messages if full and key == "messages" else draw
            parts.append(section(title, drawn(case[key], calendar)))
    allowed = case.get("actions", {}).get("allowed")
    if allowed:
        parts += [Text(""), Text.assemble(("Possible now: ", "bold"), shown(allowed, "green"))]
    return Group(*parts)


def _header(case: Record, calendar: Calendar) -> Panel:
    title = Text.assemble(case_number(case["number"]), "  ", one_line(case["title"], "bold"))
    parts: list[RenderableType] = [Beside(fields(_state(case, calendar)), fields(_customer(case)))]
    if case.get("suggestion"):
        parts.append(Text.assemble(("Suggested: ", "bold"), suggested_line(case["suggestion"])))
    if case.get("missing"):
        parts.append(Text.assemble(("missing: ", "bold yellow"), shown(case["missing"])))
    parts += [Text.assemble(("not sent: ", "bold yellow"), one_line(why)) for why in case.get("not_sent") or ()]
    return Panel(Group(*parts), title=title, title_align="left", padding=(0, 1))


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
        kind = agreement["kind"]
        yield f"{kind} agreement", _agreement(agreement, case.get(f"{kind}_agreement_state"))
    thing = case.get("business_object")
    if thing:
        yield "about", Text.assemble(one_line(thing.get("type")), " ", one_line(thing.get("reference")))
    yield "language", one_line(case.get("language"))


def _caller(caller: Record | None) -> Text:
    if not caller:
        return Text("unidentified", style="yellow")
    addresses = [str(pair[-1]) for pair in caller.get("addresses", ())]
    return Text.assemble(one_line(caller.get("name")), "  ", (one_line(", ".join(addresses)).plain, "dim"))


def _customer_name(customer: Record | str | None) -> Text:
    """A list's row names the customer; a whole case may bring its record."""
    if not customer:
        return Text("unidentified", style="yellow")
    if isinstance(customer, str):
        return one_line(customer)
    rest = " · ".join(str(customer[key]) for key in ("reference", "tier", "segment") if customer.get(key))
    return Text.assemble(one_line(customer.get("name")), "  ", (one_line(rest).plain, "dim"))


def _subscription(line: Record | None) -> Text:
    if not line:
        return Text("")
    return Text.assemble(
        one_line(line["reference"]), "  ", one_line(line.get("product")), "  ", status(line.get("status"))
    )


def _agreement(agreement: Record, state: object) -> Text:
    until = agreement.get("valid_to")
    parts = [one_line(agreement["reference"]), one_line(agreement.get("policy")), status(state)]
    parts.append(Text(f"until {until}" if until else "", style="dim"))
    return Text("  ").join(part for part in parts if part)


def _description(text: str, _: Calendar) -> RenderableType:
    return quoted(text)


def _messages(messages: list[Record], calendar: Calendar) -> RenderableType:
    return Group(*(_said(line, calendar, _sender(line), _trimmed(line)) for line in messages))


def _trimmed(message: Record) -> str:
    """What is new in a message, with a line that says how much is left out."""
    whole, new = str(message.get("text") or ""), str(message.get("new_text") or "")
    if not new or new.split() == whole.split():
        return new or whole
    left_out = max(_lines(whole) - _lines(new), 1)  # lines of HTML may be parted at what is left out
    return f"{new}\n[{left_out} line{'s' if left_out > 1 else ''} left out; --full shows them]"


def _lines(text: str) -> int:
    return sum(bool(line.strip()) for line in text.splitlines())


def _full_messages(messages: list[Record], calendar: Calendar) -> RenderableType:
    return Group(*(_said(line, calendar, _sender(line), line.get("text") or line.get("new_text")) for line in messages))


def _sender(message: Record) -> str:
    name, address = str(message.get("sender_name") or ""), str(message.get("sender") or "")
    return f"{name} ({address})" if name and name != address else address


def _proposed_tasks(tasks: list[Record], _: Calendar) -> RenderableType:
    rows = [
        (
            one_line(task["title"]),
            one_line(task["queue"]),
            one_line(task["assignee"]),
            one_line(task["handover"] or task["handover_kind"].replace("_", " ")),
        )
        for task in tasks
    ]
    return Rows(("Task", "Queue", "Assignee", "Handover"), rows, wraps=("Task",))


def _files(files: list[Record], _: Calendar) -> RenderableType:
    return files_table(files)


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
    rows = [
        (
            str(task["id"]),
            status(task["status"]),
            one_line(task.get("assignee") or task.get("queue")),
            one_line(task["title"]),
            one_line(task.get("handover")),
            one_line(" ".join(filter(None, (calendar.relative(task.get("completed_at")), task.get("reason"))))),
        )
        for task in tasks
    ]
    return Rows(("Task", "Status", "Where", "Title", "Handover", "Completed"), rows, wraps=("Title",))


def _deliveries(deliveries: list[Record], calendar: Calendar) -> RenderableType:
    rows = [
        (
            str(delivery["id"]),
            one_line(delivery["kind"]),
            one_line(delivery["recipient"]),
            status(delivery["state"]),
            calendar.relative(delivery.get("settled_at") or delivery.get("due_at") or delivery.get("created_at")),
            one_line(delivery.get("answer")),
        )
        for delivery in deliveries
    ]
    columns = ("Delivery", "Kind", "To", "State", "When", "Answer")
    return Rows(columns, rows, wraps=("To", "Answer"), gives_way=("Answer",))


def _links(links: list[Record], _: Calendar) -> RenderableType:
    return Columns(
        [Text.assemble(one_line(link.get("relation")), " ", case_number(link.get("number"))) for link in links]
    )


def _timers(timers: list[Record], calendar: Calendar) -> RenderableType:
    return fields((str(timer["kind"]), calendar.both(timer["due_at"])) for timer in timers)


_SECTIONS: tuple[tuple[str, str, Callable[[Any, Calendar], RenderableType]], ...] = (
    ("Description", "description", _description),
    ("Conversation", "messages", _messages),
    (FILES, "files", _files),
    ("Tasks", "tasks", _tasks),
    ("Tasks that a rule proposes (`intakebot case task add` makes them)", "proposed_tasks", _proposed_tasks),
    ("Comments", "comments", _comments),
    ("Resolution", "resolution", _resolution),
    ("Deliveries", "deliveries", _deliveries),
    ("Linked cases", "links", _links),
    ("Timers", "timers", _timers),
)

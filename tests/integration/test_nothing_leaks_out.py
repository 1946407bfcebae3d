"""What strangers write makes us fetch nothing, and what we answer goes to one person with nobody else's words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage

import pytest

from fakes.standing_house import StandingHouse
from intakebot.app.attached_files import attached_file
from intakebot.channels.composition import compose
from intakebot.domain.commands import Ask, Close, Resolve, Take
from intakebot.ports import CaseFilter

CALLER, ADDRESS = "ann@acme.example", "support@intakebot.example"
HISTORY = "the words of the message before"


@dataclass
class Bait:
    """A server whose address stands wherever a mail may name one; `bites` counts who came."""

    url: str = ""
    bites: int = 0


@asynccontextmanager
async def baited() -> AsyncIterator[Bait]:
    bait = Bait()

    async def bite(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        bait.bites += 1
        writer.close()

    server = await asyncio.start_server(bite, "127.0.0.1", 0)
    bait.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server:
        yield bait


def html(url: str) -> str:
    return f"""<html><head><link rel=stylesheet href={url}/a.css><link rel=icon href={url}/i>
<style>@import "{url}/b.css"; body {{ background: url({url}/c.png) }}</style><base href={url}/>
<meta http-equiv=refresh content="0;url={url}/d"></head><body background={url}/e>
<p>Please help.</p><img src={url}/pixel.gif width=1 height=1><img src="cid:logo"><img srcset="{url}/f 2x">
<iframe src={url}/g></iframe><object data={url}/h></object><embed src={url}/i><video poster={url}/j src={url}/k></video>
<svg><image href={url}/l /></svg><a href={url}/m ping={url}/n>here</a><script src={url}/o></script>
<form action={url}/p><input type=image src={url}/q></form></body></html>"""


def hostile_mail(url: str) -> bytes:
    """A mail that names the server in every place that some program is known to fetch from."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = CALLER, ADDRESS, f"{url}/subject"
    mail["Message-ID"] = "<1@acme.example>"
    for name in ("Content-Location", "Content-Base", "X-Image-URL", "X-Face-URL", "OpenPGP", "BIMI-Location"):
        mail[name] = f"{url}/{name.lower()}"
    mail["Disposition-Notification-To"] = CALLER
    mail.set_content(f"Please help.\n{url}/text\n")
    mail.add_alternative(html(url), subtype="html")
    elsewhere = EmailMessage()
    elsewhere["Content-Type"] = f'message/external-body; access-type=URL; URL="{url}/external"'
    elsewhere.set_payload([EmailMessage()])  # type: ignore[arg-type]
    mail.add_attachment(f"{url}/shortcut".encode(), maintype="application", subtype="x-url", filename="a.url")
    mail.add_attachment(
        f"BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nATTACH:{url}/ics\r\nIMAGE;VALUE=URI:{url}/image\r\n"
        f"END:VEVENT\r\nEND:VCALENDAR\r\n".encode(),
        maintype="text", subtype="calendar", filename="a.ics",
    )  # fmt: skip
    mail.add_attachment(
        f'<?xml version="1.0"?><!DOCTYPE x SYSTEM "{url}/dtd"><svg><image href="{url}/svg"/></svg>'.encode(),
        maintype="image", subtype="svg+xml", filename="a.svg",
    )  # fmt: skip
    mail.attach(elsewhere)
    return mail.as_bytes(policy=policy.SMTP)


async def answered(standing: StandingHouse, mail: bytes) -> list[EmailMessage]:
    """Everything that leaves for one mail, from the acknowledgement to the closing notice."""
    await standing.receive(mail, CALLER, (ADDRESS,))
    await standing.register()
    await standing.deliver()
    number = int(standing.archive.cases(CaseFilter())[0]["number"])
    await standing.perform("alice", Take(number))
    await standing.perform("alice", Ask(number, "Which lamp is red?"))
    await standing.deliver()
    await standing.perform("alice", Resolve(number, "Restart it."))
    await standing.deliver()
    await standing.perform("alice", Close(number, notify=True))
    await standing.deliver()
    for question in ("case.show", "case.card", "case.why", "case.log"):
        await standing.desk.ask(question, {"number": number})
    for row in await standing.desk.ask("attachment.list", {"case": number}):
        attached_file("email", standing.archive.content(row["contact_id"]), row["sha256"])
    return [message_from_bytes(compose(sent), policy=policy.default) for sent in standing.outlet.taken]


# cases H04, H12
async def test_nothing_that_a_mail_names_is_fetched_or_sent_on(standing: StandingHouse) -> None:
    async with baited() as bait:
        sent = await answered(standing, hostile_mail(bait.url))
        assert len(sent) == 4
        for message in sent:
            said = [part.get_content() for part in message.walk() if not part.is_multipart()]
            shown = "".join([*said, *map(str, message.values())]).replace(f"{bait.url}/subject", "")
            assert not any(word in shown.lower() for word in ("<img", "<svg", "cid:", bait.url))
        machines = hostile_mail(bait.url).replace(b"\r\n", f"\r\nList-Unsubscribe: <{bait.url}/u>\r\n".encode(), 1)
        await standing.receive(machines, CALLER, (ADDRESS,))
        while await standing.register():
            pass
        assert bait.bites == 0
        _, writer = await asyncio.open_connection("127.0.0.1", int(bait.url.rpartition(":")[2]))
        writer.close()
        async with asyncio.timeout(20):
            while not bait.bites:  # whoever had come would have been seen
                await asyncio.wait({asyncio.ensure_future(writer.wait_closed())}, timeout=0.01)


# case H10
@pytest.mark.parametrize("header", ["Cc", "Bcc", "Reply-To", "To", "Resent-To", "Mail-Followup-To"])
async def test_an_answer_goes_to_one_person_and_quotes_nobody(standing: StandingHouse, header: str) -> None:
    agents = [agent.email for agent in standing.house.organisation.agents.values()]
    others = ", ".join(["boss@acme.example", "rival@other.example", *agents])
    mail = (
        f"From: Ann <{CALLER}>\r\n{header}: {others}\r\nSubject: Router\r\nMessage-ID: <1@acme.example>\r\n\r\n"
        f"It is down.\r\n\r\nOn Monday, the boss <boss@acme.example> wrote:\r\n> {HISTORY}\r\n"
    )
    sent = await answered(standing, mail.encode())
    assert len(sent) == 4
    for message in sent:
        assert [each.addr_spec for each in message["To"].addresses] == [CALLER]
        assert not {"cc", "bcc", "resent-to", "resent-cc"} & {name.lower() for name in message.keys()}  # noqa: SIM118
        said = [part.get_content() for part in message.walk() if not part.is_multipart()]
        whole = "".join([*said, *map(str, message.values())])
        assert not any(address in whole for address in [*agents, "boss@acme.example", "rival@other.example"])
        assert HISTORY not in whole
    assert {delivery.recipient for delivery in standing.outlet.taken} == {CALLER}

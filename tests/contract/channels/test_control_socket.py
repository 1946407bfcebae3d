"""The control socket keeps the promise of `ports.Desk` across two processes, and refuses everything else."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import socket
import stat
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from fakes.desk import RecordingDesk
from intakebot.channels.control import PATH_LIMIT, REQUEST_LIMIT, ControlInlet, RemoteDesk, control_socket
from intakebot.domain.actors import SYSTEM, Actor
from intakebot.domain.commands import (
    AddTask,
    AdvanceClock,
    Command,
    ImportCustomers,
    Mark,
    Move,
    OutgoingFile,
    RegisterContact,
    Resolve,
    Take,
)
from intakebot.domain.customer import AgreementKind
from intakebot.domain.customer_entries import (
    AccountEntry,
    AgreementEntry,
    CallerEntry,
    CustomerEntry,
    SubscriptionEntry,
)
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
from intakebot.domain.messages import Address

ALICE = Actor.agent("alice")
DEADLINE = 5.0


class NoIntake:
    """A control inlet brings no contacts, so nobody may hand any in."""

    def takes(self, address: str) -> bool:
        raise AssertionError(address)

    async def receive(self, incoming: Any) -> Any:
        raise AssertionError(incoming)

    def refused_before_content(self, address: str, code: str) -> None:
        raise AssertionError(address, code)


@pytest.fixture
def place() -> Iterator[Path]:
    # pytest's own temporary directories can be longer than a socket's path may be
    directory = Path(tempfile.mkdtemp(prefix="ib-"))
    yield directory
    shutil.rmtree(directory)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def shared_place(place: Path) -> Path:
    place.chmod(0o1777)
    return place


@pytest.fixture
def open_place(place: Path) -> Path:
    place.chmod(0o755)
    return place


@pytest.fixture
def place_with_dead_socket(place: Path) -> Path:
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(control_socket(place)))
    return place


@pytest.fixture
def place_with_file(place: Path) -> Path:
    control_socket(place).write_text("mine")
    return place


async def listening(path: Path, serving: asyncio.Task[None]) -> None:
    async with asyncio.timeout(DEADLINE):
        while not serving.done():
            try:
                _, writer = await asyncio.open_unix_connection(path)
            except OSError:
                await asyncio.sleep(0)
            else:
                writer.close()
                return


@contextlib.asynccontextmanager
async def service(path: Path, desk: RecordingDesk) -> AsyncIterator[asyncio.Event]:
    stop = asyncio.Event()
    serving = asyncio.create_task(ControlInlet(path, desk).serve(NoIntake(), stop))
    await listening(path, serving)
    try:
        yield stop
    finally:
        stop.set()
        async with asyncio.timeout(DEADLINE):
            await serving


async def say(path: Path, line: bytes) -> dict[str, Any]:
    reader, writer = await asyncio.open_unix_connection(path)
    writer.write(line)
    async with asyncio.timeout(DEADLINE):
        answer = await reader.readline()
    writer.close()
    read: dict[str, Any] = json.loads(answer)
    return read


WHOLE_CUSTOMER = CustomerEntry(
    "ACME",
    "ACME Pumps",
    domains=("acme.example",),
    callers=(CallerEntry("Ann", ("ann@acme.example",)),),
    accounts=(AccountEntry("A1", subscriptions=(SubscriptionEntry("S1", support_keys=("KEY-1",)),)),),
    agreements=(AgreementEntry("AG1", AgreementKind.SUPPORT, "gold", date(2026, 1, 1)),),
)


@pytest.mark.parametrize(
    "command",
    [
        Take(1001),
        Move(1001, queue="noc", comment="Störung\nline two"),
        Mark(1001, "NNR", remove=True),
        Resolve(1001, text="Use port 2.", final=True, files=(OutgoingFile("a.png", "image/png", b"\x89PNG\x00"),)),
        AddTask(1001, "send a pump", handover="RMA-7"),
        RegisterContact("phone", "+47 1234", "no signal"),
        AdvanceClock(864000),
        ImportCustomers((WHOLE_CUSTOMER,)),
    ],
    ids=lambda command: type(command).__name__,
)
async def test_a_command_arrives_as_it_was_sent(place: Path, command: Command) -> None:
    desk = RecordingDesk({type(command).__name__: {"case": 1001, "status": "Taken in charge"}})
    async with service(control_socket(place), desk):
        changed = await RemoteDesk(control_socket(place)).perform(command, ALICE)
    assert desk.performed == [(command, ALICE)]
    assert changed == {"case": 1001, "status": "Taken in charge"}


async def test_a_question_arrives_with_its_arguments_and_brings_the_answer(place: Path) -> None:
    desk = RecordingDesk({"case.list": [{"number": 1001, "title": "Pumpe läuft nicht"}]})
    async with service(control_socket(place), desk):
        answer = await RemoteDesk(control_socket(place)).ask("case.list", {"queue": "crc"})
    assert desk.asked == [("case.list", {"queue": "crc"})]
    assert answer == [{"number": 1001, "title": "Pumpe läuft nicht"}]


@pytest.mark.parametrize(
    "raised",
    [
        RefusedError("transition.not-allowed", "C-1001 is Open: resolve is not possible now"),
        NotFoundError("there is no case C-7"),
        ConflictError("bob was first"),
        StorageUnavailableError("the disk is full"),
        AlreadyRunningError("another process holds this directory"),
        ServiceUnreachableError("gone"),
        TemplateError("there is no template thanks"),
        ConfigError([Problem("config/rules/a.yaml", 3, "unknown queue"), Problem("b.yaml", 0, "missing")]),
    ],
    ids=lambda error: error.code,
)
async def test_an_error_is_raised_as_the_class_it_was(place: Path, raised: IntakebotError) -> None:
    desk = RecordingDesk({"Take": raised})
    async with service(control_socket(place), desk):
        with pytest.raises(IntakebotError) as caught:
            await RemoteDesk(control_socket(place)).perform(Take(7), ALICE)
    assert type(caught.value) is type(raised)
    assert caught.value.sentence == raised.sentence
    assert getattr(caught.value, "reason", None) == getattr(raised, "reason", None)
    assert getattr(caught.value, "problems", None) == getattr(raised, "problems", None)


async def test_the_unplanned_is_answered_without_its_text_and_the_service_lives_on(place: Path) -> None:
    desk = RecordingDesk({"Take": KeyError("secret"), "health": Address("not JSON")})
    async with service(control_socket(place), desk):
        for request in (
            RemoteDesk(control_socket(place)).perform(Take(1), ALICE),
            RemoteDesk(control_socket(place)).ask("health", {}),
        ):
            with pytest.raises(IntakebotError, match="unplanned") as caught:
                await request
            assert "secret" not in caught.value.sentence
        assert await RemoteDesk(control_socket(place)).ask("queue.list", {}) == []


@pytest.mark.parametrize(
    "request_line",
    [
        pytest.param(b"hello", id="not-json"),
        pytest.param(b"\xff\xfe", id="not-utf8"),
        pytest.param(b"[" * 100_000, id="too-deep"),
        pytest.param(b"[]", id="not-an-object"),
        pytest.param(b"{}", id="empty"),
        pytest.param(b'{"perform": {"command": "Take", "case": 1}}', id="nobody"),
        pytest.param(b'{"perform": {"command": "Take", "case": 1}, "by": "robot:x"}', id="unknown-actor-kind"),
        pytest.param(b'{"perform": {"command": "Take", "case": 1}, "by": "agent:a", "x": 1}', id="unknown-key-outside"),
        pytest.param(b'{"perform": {"command": "Take", "case": 1, "x": 1}, "by": "agent:a"}', id="unknown-key-inside"),
        pytest.param(
            b'{"perform": {"command": "Ask", "case": 1, "text": "x", "files": [{"name": "a", "media_type": "b",'
            b' "content": "no base64!"}]}, "by": "agent:a"}',
            id="broken-file",
        ),
        pytest.param(b'{"perform": {"command": "Erase", "case": 1}, "by": "agent:a"}', id="unknown-command"),
        pytest.param(b'{"perform": {"command": ["Take"], "case": 1}, "by": "agent:a"}', id="command-not-text"),
        pytest.param(b'{"perform": {"case": 1}, "by": "agent:a"}', id="no-command"),
        pytest.param(b'{"perform": {"command": "Take", "case": "1"}, "by": "agent:a"}', id="text-for-number"),
        pytest.param(b'{"perform": {"command": "Take", "case": true}, "by": "agent:a"}', id="bool-for-number"),
        pytest.param(b'{"perform": {"command": "Take", "case": 1.5}, "by": "agent:a"}', id="fraction-for-number"),
        pytest.param(b'{"perform": {"command": "Take"}, "by": "agent:a"}', id="missing-key"),
        pytest.param(
            b'{"perform": {"command": "Close", "case": 1, "notify": 1}, "by": "agent:a"}', id="number-for-bool"
        ),
        pytest.param(
            b'{"perform": {"command": "ImportCustomers", "customers": "ab"}, "by": "agent:a"}', id="text-for-list"
        ),
        pytest.param(
            b'{"perform": {"command": "ImportCustomers", "customers": [1]}, "by": "agent:a"}', id="number-for-record"
        ),
        pytest.param(
            b'{"perform": {"command": "ImportCustomers", "customers": '
            b'[{"reference": "A", "name": "A", "domains": "ab"}]}, "by": "agent:a"}',
            id="text-for-list-of-texts",
        ),
        pytest.param(b'{"ask": "case.list", "arguments": []}', id="arguments-not-a-mapping"),
        pytest.param(b'{"ask": "case.list", "extra": 1}', id="unknown-key-in-question"),
        pytest.param(b'{"ask": 5}', id="question-not-text"),
    ],
)
async def test_what_is_not_exactly_a_request_is_refused_and_not_done(place: Path, request_line: bytes) -> None:
    desk = RecordingDesk()
    async with service(control_socket(place), desk):
        answer = await say(control_socket(place), request_line + b"\n")
    assert (answer["error"]["code"], answer["error"]["reason"]) == ("refused", "request.malformed")
    assert "nothing was done" in answer["error"]["sentence"]
    assert (desk.performed, desk.asked) == ([], [])


async def test_a_refused_request_leaves_the_connection_usable(place: Path) -> None:
    desk = RecordingDesk()
    async with service(control_socket(place), desk):
        reader, writer = await asyncio.open_unix_connection(control_socket(place))
        writer.write(b'hello\n{"ask": "queue.list"}\n')
        assert "error" in json.loads(await reader.readline())
        assert json.loads(await reader.readline()) == {"ok": []}
        writer.close()


async def test_a_request_beyond_the_limit_is_refused_at_both_ends(place: Path) -> None:
    desk = RecordingDesk()
    async with service(control_socket(place), desk):
        with pytest.raises(RefusedError) as caught:
            await RemoteDesk(control_socket(place)).ask("x" * REQUEST_LIMIT, {})
        assert caught.value.reason == "request.too-large"
        answer = await say(control_socket(place), b"x" * (REQUEST_LIMIT + 2))
    assert answer["error"]["reason"] == "request.too-large"
    assert desk.asked == []


async def test_a_large_request_below_the_limit_is_performed(place: Path) -> None:
    many = ImportCustomers(tuple(CustomerEntry(f"C{n}", "x" * 1000) for n in range(5000)))
    desk = RecordingDesk()
    async with service(control_socket(place), desk):
        await RemoteDesk(control_socket(place)).perform(many, SYSTEM)
    assert desk.performed == [(many, SYSTEM)]


async def test_two_clients_are_served_at_once(place: Path) -> None:
    desk = RecordingDesk(gate=asyncio.Event())
    async with service(control_socket(place), desk):
        first = asyncio.create_task(RemoteDesk(control_socket(place)).perform(Take(1), ALICE))
        await desk.entered.wait()
        assert await RemoteDesk(control_socket(place)).ask("queue.list", {}) == []
        assert not first.done()
        assert desk.gate is not None
        desk.gate.set()
        assert await first == {"case": 1}


async def test_socket_and_directory_are_the_owners_only(open_place: Path) -> None:
    async with service(control_socket(open_place), RecordingDesk()):
        assert rights(control_socket(open_place)) == 0o600
        assert rights(open_place) == 0o700


async def test_a_missing_directory_is_made_for_the_owner_only(place: Path) -> None:
    async with service(control_socket(place / "new"), RecordingDesk()):
        assert rights(place / "new") == 0o700


async def test_a_directory_shared_with_others_is_refused_not_changed(shared_place: Path) -> None:
    with pytest.raises(ConfigError, match="shared with other users"):
        await ControlInlet(control_socket(shared_place), RecordingDesk()).serve(NoIntake(), asyncio.Event())
    assert rights(shared_place) == 0o1777


async def test_a_stale_socket_is_replaced(place_with_dead_socket: Path) -> None:
    path = control_socket(place_with_dead_socket)
    async with service(path, RecordingDesk()):
        assert await RemoteDesk(path).ask("queue.list", {}) == []


async def test_a_service_that_answers_is_never_replaced(place: Path) -> None:
    async with service(control_socket(place), RecordingDesk({"who": "first"})):
        with pytest.raises(AlreadyRunningError):
            await ControlInlet(control_socket(place), RecordingDesk()).serve(NoIntake(), asyncio.Event())
        assert await RemoteDesk(control_socket(place)).ask("who", {}) == "first"


async def test_a_file_in_the_place_of_the_socket_is_refused_and_kept(place_with_file: Path) -> None:
    path = control_socket(place_with_file)
    with pytest.raises(ConfigError, match="move it away"):
        await ControlInlet(path, RecordingDesk()).serve(NoIntake(), asyncio.Event())
    assert rights(path)


def test_a_path_that_no_socket_can_have_is_a_clear_error(place: Path) -> None:
    with pytest.raises(ConfigError, match=f"too long for a socket \\({PATH_LIMIT} bytes"):
        control_socket(place / ("x" * PATH_LIMIT))


@pytest.mark.parametrize("sent_before", [b"", b'{"ask": "queue'], ids=["silent", "half-a-request"])
async def test_an_idle_client_does_not_hold_up_the_stop(place: Path, sent_before: bytes) -> None:
    async with service(control_socket(place), RecordingDesk()) as stop:
        reader, writer = await asyncio.open_unix_connection(control_socket(place))
        writer.write(sent_before)
        stop.set()
        async with asyncio.timeout(DEADLINE / 2):
            with contextlib.suppress(ConnectionResetError):  # what it sent was never read
                assert await reader.read() == b""
        writer.close()
    with pytest.raises(ServiceUnreachableError):
        await RemoteDesk(control_socket(place)).ask("queue.list", {})


async def test_a_command_under_way_is_answered_before_the_service_stops(place: Path) -> None:
    desk = RecordingDesk(gate=asyncio.Event())
    async with service(control_socket(place), desk) as stop:
        first = asyncio.create_task(RemoteDesk(control_socket(place)).perform(Take(1), ALICE))
        await desk.entered.wait()
        stop.set()
        assert desk.gate is not None
        desk.gate.set()
        assert await first == {"case": 1}


async def test_nobody_listening_is_said_so(place: Path) -> None:
    with pytest.raises(ServiceUnreachableError, match="no service answers"):
        await RemoteDesk(control_socket(place)).ask("queue.list", {})


async def test_a_service_that_dies_before_its_answer_leaves_the_outcome_open(place: Path) -> None:
    async def die(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readline()
        writer.close()

    server = await asyncio.start_unix_server(die, control_socket(place))
    with pytest.raises(ServiceUnreachableError, match="look whether it was done"):
        await RemoteDesk(control_socket(place)).perform(Take(1), ALICE)
    server.close()
    await server.wait_closed()

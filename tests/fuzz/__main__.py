"""Fuzz one target: `python -m fuzz TARGET SECONDS SEED`, or take one input again: `python -m fuzz TARGET FILE`.

Each input must be done with in 2 s of the processor and 256 MB, and raise nothing. The input that did not is left in a
file, whose path and the command that takes it again are printed; the exit code is 1 then. Limits are the system's: an
input that hangs in C, or asks for too much, ends the process, and the file is there already.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

from fuzz.mutation import Dice
from fuzz.targets import TARGETS, Take

MOST_SECONDS = 2.0
MOST_BYTES = 256 * 2**20
WARMING_UP = 20


def main() -> int:
    """Run as the command line says."""
    name, what, *rest = sys.argv[1:]
    target = TARGETS[name]
    take = target.make()
    if Path(what).is_file():
        take(Path(what).read_bytes())
        return 0
    folder = Path(tempfile.mkdtemp(prefix=f"intakebot-fuzz-{name}-"))
    sys.stdout.write(f"{again(name, folder / 'input')}\n")
    sys.stdout.flush()
    for sample in target.samples():  # also loads what is loaded once, before memory is limited
        take(sample)
    _limit_memory()
    done = _fuzzed(take, Dice(int(rest[0]), target.samples()), float(what), folder / "input")
    if not done:
        return 1
    (folder / "input").unlink()
    folder.rmdir()
    sys.stdout.write(f"{name}: {done} inputs, seed {rest[0]}\n")
    return 0


def _fuzzed(take: Take, dice: Dice, seconds: float, file: Path) -> int:
    """How many inputs were taken; 0 when one was not."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    until, done, handle = time.monotonic() + seconds, 0, os.open(file, os.O_RDWR | os.O_CREAT, 0o600)
    while time.monotonic() < until or done < WARMING_UP:
        raw = dice.throw()
        os.ftruncate(handle, 0)
        os.pwrite(handle, raw, 0)
        signal.setitimer(signal.ITIMER_PROF, 3 * MOST_SECONDS)
        began = time.process_time()
        try:
            take(raw)
        except BaseException:  # noqa: BLE001 - whatever it is, it is a finding
            return _found(file, traceback.format_exc(limit=-6))
        if time.process_time() - began > MOST_SECONDS:
            return _found(file, f"it took {time.process_time() - began:.1f} s")
        done += 1
    signal.setitimer(signal.ITIMER_PROF, 0)
    os.close(handle)
    return done


def _found(file: Path, what: str) -> int:
    sys.stdout.write(f"{what}\n{file.stat().st_size} bytes in {file}; take them again as the first line says\n")
    return 0


def again(name: str, file: Path) -> str:
    """The command that takes an input again."""
    return f"take it again: PYTHONPATH=src:tests python -m fuzz {name} {file}"


def _limit_memory() -> None:
    """What the target has now, and what an input may add."""
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text("ascii").split()[0])
        most = pages * resource.getpagesize() + MOST_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


if __name__ == "__main__":
    sys.exit(main())

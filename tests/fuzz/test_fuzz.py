"""Any bytes, at every place that takes bytes from strangers: 5 s a target here, 60 s in `make fuzz`.

The same dice each time here; `make fuzz` throws others, and prints the seed. All targets together take less than 60 s
on two processes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from fuzz.targets import TARGETS

ROOT = Path(__file__).parents[2]
SECONDS = float(os.environ.get("INTAKEBOT_FUZZ_SECONDS", "5"))
SEED = os.environ.get("INTAKEBOT_FUZZ_SEED", "1")


def fuzz(name: str, *rest: str) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": f"{ROOT / 'src'}:{ROOT / 'tests'}", "OPENBLAS_NUM_THREADS": "1"}
    command = [sys.executable, "-m", "fuzz", name, *rest]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


# cases F16, G10
@pytest.mark.timeout(SECONDS + 90)
@pytest.mark.parametrize("name", TARGETS)
def test_no_bytes_make_it_fail(name: str) -> None:
    done = fuzz(name, str(SECONDS), SEED)
    assert done.returncode == 0, f"seed {SEED}: {done.stdout}\n{done.stderr[-3_000:]}\nended with {done.returncode}"
    assert re.search(r": \d{2,} inputs", done.stdout), done.stdout

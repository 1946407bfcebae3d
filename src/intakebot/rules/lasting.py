"""Making a large ruleset without stopping everybody else.

Used around loading by whoever loads (`app`, benchmarks). A ruleset is hundreds of thousands of objects that stay. The
collector of reference cycles would walk them again and again while they come, with every thread standing still
(1.5 s for 10,000 rules), and once more at each of its full rounds ever after.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting_objects() -> Iterator[None]:
    """Let the collector rest meanwhile, and leave alone for good what exists afterwards.

    Process-wide; for one thread at a time. An old ruleset is still freed when it is let go: it has no cycles. What is
    garbage already is collected first, or each reload would keep some of it for ever.
    """
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
        gc.freeze()
    finally:
        if enabled:
            gc.enable()

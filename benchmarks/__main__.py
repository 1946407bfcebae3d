"""`make bench`: every figure of the house, beside what this machine could do at most, in one run.

JSON lines on standard output, the same for people on standard error. It fails when a bar is missed.
"""

from __future__ import annotations

import sys
from itertools import chain

from benchmarks import door, imap, reading, registration, rehearsal, rule_checks, rules, slack, smtp, suggestion

PARTS = {
    "reading": reading.reading,
    "registration": registration.registration,
    "smtp": lambda: chain(smtp.acceptance(), smtp.end_to_end()),
    "imap": imap.imap,
    "door": door.door,
    "slack": slack.slack,
    "rules": lambda: chain(rules.rules(), rule_checks.rule_checks()),
    "rehearsal": rehearsal.rehearsal,
    "suggestion": suggestion.suggestion,
}
"""What `python -m benchmarks PART ...` measures; everything when no part is named."""

if __name__ == "__main__":
    missed = 0
    for figure in chain.from_iterable(PARTS[name]() for name in sys.argv[1:] or PARTS):
        figure.print()
        missed += figure.ok is False
    sys.exit(bool(missed))

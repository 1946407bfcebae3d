"""Lists which cases of the reliability catalogue the tests name: `python tests/house/catalogue_coverage.py`.

A test that covers a case names its id in a comment (`# case A09`) or in the id of a parameter (`D09-blocks`).
"""

from __future__ import annotations

import re
import sys
from collections import defaultdict
from pathlib import Path

TESTS = Path(__file__).parents[1]
SECTIONS = {
    "A": ("Acceptance and crash", 18),
    "B": ("IMAP", 12),
    "C": ("Outgoing replies", 9),
    "D": ("Loops, backscatter, bounces", 14),
    "E": ("Identity, threading, takeover", 15),
    "F": ("Parser and resources", 16),
    "G": ("SMTP protocol", 10),
    "H": ("Output injection and leaks", 12),
    "I": ("Slack", 13),
    "J": ("Storage, time, machine", 15),
    "K": ("Secrets, privacy, configuration", 8),
}
_IN_COMMENT = re.compile(r"#[^\n]*\bcases? ([^\n]*)")
_IN_TEST_ID = re.compile(r'id="(?=[A-K]\d\d)([^"]*)"')
_ID = re.compile(r"\b[A-K]\d\d(?!\d)")


def case_ids() -> list[str]:
    """All ids of the catalogue, in order."""
    return [f"{letter}{number:02}" for letter, (_, count) in SECTIONS.items() for number in range(1, count + 1)]


def covering(folder: Path = TESTS) -> dict[str, set[str]]:
    """The test files that name each id."""
    found: dict[str, set[str]] = defaultdict(set)
    for path in sorted(folder.rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        for mention in (*_IN_COMMENT.findall(text), *_IN_TEST_ID.findall(text)):
            for case in _ID.findall(mention):
                found[case].add(path.relative_to(folder).as_posix())
    return dict(found)


def report() -> str:
    """Covered and uncovered ids per section, and the sum."""
    named = covering()
    lines = []
    for letter, (title, count) in SECTIONS.items():
        ids = [case for case in case_ids() if case.startswith(letter)]
        missing = [case for case in ids if case not in named]
        lines.append(f"{letter} {title}: {count - len(missing)} of {count}")
        lines += [f"  {case}: {', '.join(sorted(named[case]))}" for case in ids if case in named]
        lines += [f"  not named: {', '.join(missing)}"] if missing else []
    covered = sum(case in named for case in case_ids())
    return "\n".join([*lines, f"{covered} of {len(case_ids())} cases are named by a test", ""])


if __name__ == "__main__":
    sys.stdout.write(report())

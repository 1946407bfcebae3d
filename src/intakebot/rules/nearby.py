"""Which known values a value may imply, without looking at all that are known.

Called by `covering`. What is named here is only worth a look: `literals.implies` has the last word.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeAlias

from intakebot.rules.folding import words_of
from intakebot.rules.literals import Value, phrases_in

FEW = 32
"""So many known values are simply all looked at."""

LONGEST_PHRASE = 12
"""A value of more words is looked at only for phrases up to this length."""

Network: TypeAlias = "IPv4Network | IPv6Network"


class Near:
    """The known values of one field and operator."""

    def __init__(self, operator: str, values: Sequence[Value]) -> None:
        self.operator = operator
        self._few = values if len(values) <= FEW else None
        self._find = NEAR[operator]
        self._sizes = frozenset(_size(value) for value in values)

    def implied(self, operator: str, value: Value) -> Iterable[Value]:
        """Values that `operator value` may imply."""
        return self._few if self._few is not None else self._find(operator, value, self._sizes)


class Limits:
    """The known limits of one number, in order: whatever is above one is above all below it."""

    def __init__(self, operator: str, values: Sequence[Value]) -> None:
        self.operator = operator
        self._limits = sorted(float(value) for value in values if isinstance(value, (int, float)))

    def implied(self, operator: str, value: Value) -> Iterable[float]:
        """Limits that `operator value` keeps, the most general first."""
        if operator not in {"eq", self.operator} or not isinstance(value, (int, float)):
            return ()
        exact = operator == "eq"
        if self.operator == "gt":
            return self._limits[: (bisect_left if exact else bisect_right)(self._limits, value)]
        return reversed(self._limits[(bisect_right if exact else bisect_left)(self._limits, value) :])


def _size(value: Value) -> int:
    if isinstance(value, (str, tuple)):
        return len(value)
    return value.prefixlen if isinstance(value, (IPv4Network, IPv6Network)) else 0


def _phrases(operator: str, value: Value, sizes: frozenset[int]) -> Iterable[Value]:
    phrase = value if isinstance(value, tuple) else words_of(str(value)) if operator == "eq" else ()
    if len(phrase) <= LONGEST_PHRASE:
        return phrases_in(phrase)
    return [phrase[at : at + size] for size in sizes for at in range(len(phrase) - size + 1)]


def _parts(_operator: str, value: Value, sizes: frozenset[int]) -> Iterable[Value]:
    texts = value if isinstance(value, tuple) else (str(value),)
    return {text[at : at + size] for text in texts for size in sizes for at in range(len(text) - size + 1)}


def _starts(_operator: str, value: Value, sizes: frozenset[int]) -> Iterable[Value]:
    return [str(value)[:size] for size in sizes]


def _ends(_operator: str, value: Value, sizes: frozenset[int]) -> Iterable[Value]:
    text = str(value)
    return [text[len(text) - size :] for size in sizes if size <= len(text)]


def _networks(_operator: str, value: Value, sizes: frozenset[int]) -> Iterable[Value]:
    try:
        network: Network = ip_network(value) if isinstance(value, str) else value  # type: ignore[assignment] # by operator
    except ValueError:
        return ()
    return [network.supernet(new_prefix=size) for size in sizes if size <= network.prefixlen]


def _presence(_operator: str, _value: Value, _sizes: frozenset[int]) -> Iterable[Value]:
    return (True,)


LIMITS = frozenset({"gt", "lt"})
NEAR: Mapping[str, Callable[[str, Value, frozenset[int]], Iterable[Value]]] = {
    "words": _phrases,
    "contains": _parts,
    "starts": _starts,
    "ends": _ends,
    "under": _starts,
    "cidr": _networks,
    "present": _presence,
}

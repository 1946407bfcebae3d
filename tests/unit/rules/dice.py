"""Rules and messages by chance, from a seed: everything that the format knows, in any nest."""

from __future__ import annotations

import random
from typing import Any

WORDS = [
    "no", "signal", "Ärger", "xärger", "A\u0308rger", "straße", "STRASSE", "K-12", "k-123", "हिन्दी", "ﬁn", "\u212a",
    "x\U00011000", "foo_bar", "a", "ß", "line", "down", "\u017f", "Müller",
]  # fmt: skip
GAPS = [" ", "\n", "-", "\u2010", "\u00a0", ", ", ". ", "", "  "]
PATTERNS = [
    r"\bno\b", r"\brger\b", r"(?i)k-[0-9]{2,3}\b", "K-(?P<number>[0-9]+)", r"^no", r"a$", r"(?:line|signal) down",
    r"\bfoo_bar\b", r"\w+-12", "[0-9]{3}", ".", r"\bx?a", r"(?i)strasse|line", "(?i)s", r"foo\w*", "signal.*line",
    r"M\wller", r"(a|b)?no", "ä",
]  # fmt: skip
CONTAINED = [*WORDS, "-", ". ", "no s", "rger ", " l"]
NETWORKS = ["10.0.0.0/8", "10.1.0.0/16", "fd00::/8", "0.0.0.0/0"]
CATEGORIES = ["a", "a/b", "ab"]
TEXTUAL = ["eq", "in", "not_in", "words", "contains", "starts", "ends", "under", "matches", "present"]
FIELDS = {
    "subject": TEXTUAL,
    "body": TEXTUAL,
    "to": TEXTUAL,
    "header.x": TEXTUAL,
    "size": ["eq", "gt", "lt", "present"],
    "agreement.valid": ["eq", "present"],
    "client.ip": ["cidr"],
}
DECIDED = {**FIELDS, "category": ["under", "eq"], "tags": ["in"]}


class Dice(random.Random):
    """Rules and messages by chance. Drawing them one by one from Hypothesis would take most of the time."""

    def text(self) -> str:
        return "".join(self.choice(WORDS) + self.choice(GAPS) for _ in range(self.randrange(8)))

    def some(self, values: Any, most: int = 3) -> list[Any]:
        return [self.choice(values) for _ in range(self.randint(1, most))]

    def operand(self, name: str, operator: str) -> Any:
        if operator == "present" or name == "agreement.valid":
            return self.random() < 0.5
        if name == "size":
            return self.randrange(4)
        if name in ("category", "tags"):
            return self.choice(CATEGORIES) if name == "category" else self.some("xyz")
        if operator == "words":
            return [" ".join(self.some(WORDS)) for _ in range(self.randint(1, 3))]
        values = {"contains": CONTAINED, "matches": PATTERNS, "cidr": NETWORKS, "under": CATEGORIES}
        wanted = [*self.some(values.get(operator, WORDS)), self.text() or "a"]
        return wanted[0] if operator in {"eq", "starts", "ends"} else wanted[:-1]

    def when(self, fields: Any, depth: int = 1) -> Any:
        kind = self.choice(["any", "all", "list", "not", "and", *["field"] * 6]) if depth < 4 else "field"
        if kind == "field":
            name = self.choice(sorted(fields))
            return {name: {each: self.operand(name, each) for each in self.some(fields[name], 2)}}
        parts = [self.when(fields, depth + 1) for _ in range(self.randint(1, 3))]
        if kind == "and":
            return {**(parts[0] if isinstance(parts[0], dict) else {"any": parts[0]}), "not": parts[-1]}
        return {"list": parts, "not": {"not": parts[0]}}.get(kind, {kind: parts})

    def rules(self, stage: str, fields: Any, then: Any) -> Any:
        made = [
            {"id": f"{stage}.{number}", "when": self.when(fields), "then": then()}
            for number in range(self.randrange(7))
        ]
        for rule in made:
            if self.random() < 0.2:
                rule["mode"] = self.choice(["live", "shadow"])
            if self.random() < 0.3:
                rule["on"] = sorted(set(self.some(["created", "appended"], 2)))
        return made

    def stages(self) -> Any:
        merge = self.choice([{"tags": "union"}, {"tags": "first", "priority": "max"}, {}])
        return {
            "guard": {"rules": self.rules("guard", FIELDS, lambda: {"disposition": "machine"})[:1]},
            "classify": {
                "default": {"category": "ab"},
                "rules": self.rules("classify", FIELDS, lambda: {"category": self.choice(CATEGORIES)}),
            },
            "flag": {"hit": "collect", "merge": merge, "rules": self.rules("flag", DECIDED, self.flags)},
            "route": {
                "default": {"crc": {"queue": "crc"}},
                "rules": self.rules("route", DECIDED, lambda: {"queue": self.choice(["one", "two"])}),
            },
        }

    def flags(self) -> Any:
        priority = {"priority": self.choice(["low", "high"])} if self.random() < 0.5 else {}
        return {"tags": sorted(set(self.some("xyz", 2))), **priority}

    def facts(self) -> Any:
        facts = {
            "subject": self.text(), "body": self.text(), "to": tuple(self.some(WORDS)), "header.x": (self.text(),) * 2,
            "size": self.choice([0, 1, 2.5, 3]), "agreement.valid": self.random() < 0.5,
            "client.ip": self.choice(["10.1.2.3", "fd00::1", " 1.1.1.1", "none"]),
            "case.closed": self.random() < 0.5, "case.workflow": self.choice(["crc", "other"]),
        }  # fmt: skip
        return {name: fact for name, fact in facts.items() if self.random() < 0.75}

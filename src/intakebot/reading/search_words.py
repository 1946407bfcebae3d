"""The words of a text as search knows them: folded alike when a case is kept and when somebody looks for it.

Accents and the case of letters do not count; scripts that are written without blanks are taken two signs at a
time. Pure; storage keeps these words, questions rank by them.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Final

LONGEST_WORD: Final = 60
_WORD: Final = re.compile(r"[^\W_]+")
_WITHOUT_BLANKS: Final = re.compile("[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]+")
_BEFORE, _BEHIND = 40, 100


def search_words(text: str) -> list[str]:
    """All words of a text, folded, in order and with repetitions."""
    if text.isascii():
        return [word[:LONGEST_WORD] for word in _WORD.findall(text.lower())]
    return [part for word in _WORD.findall(_folded(text)) for part in _parts(word)]


def passage(text: str, words: Iterable[str]) -> str:
    """The line of a text around the first of these words (folded, perhaps only begun); '' where none is."""
    wanted = tuple(words)
    found = next((word for word in _WORD.finditer(text) if _begins(word[0], wanted)), None)
    if found is None:
        return ""
    start, end = max(0, found.start() - _BEFORE), found.end() + _BEHIND
    shown = " ".join(text[start:end].split())
    return f"{'…' if start else ''}{shown}{'…' if end < len(text) else ''}"


def words_begun_in(text: str, words: Iterable[str]) -> int:
    """How many of these words the text has, perhaps as the beginning of longer ones."""
    known = set(search_words(text))
    return sum(any(each.startswith(word) for each in known) for word in words)


def _begins(word: str, wanted: tuple[str, ...]) -> bool:
    return any(part.startswith(wanted) for part in search_words(word))


def _folded(text: str) -> str:
    apart = unicodedata.normalize("NFKD", text)
    bare = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return unicodedata.normalize("NFC", bare).casefold()  # puts Korean syllables together again


def _parts(word: str) -> Iterator[str]:
    end = 0
    for run in _WITHOUT_BLANKS.finditer(word):
        if run.start() > end:
            yield word[end : run.start()][:LONGEST_WORD]
        signs = run[0]
        yield from (signs[at : at + 2] for at in range(max(1, len(signs) - 1)))
        end = run.end()
    if end < len(word):
        yield word[end:][:LONGEST_WORD]

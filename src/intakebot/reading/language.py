"""Tell which of the configured languages a message is written in.

What the sender says (`Content-Language`) goes before what the words look like; too little text gives no
answer.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final, Protocol, cast

_EXAMINED: Final = 400  # a paragraph tells; five times as much costs five times the time
_FEWEST_LETTERS: Final = 20


class _Identifier(Protocol):
    def classify(self, text: str) -> tuple[str, float]: ...


def language_of(text: str, declared: str, languages: tuple[str, ...]) -> str:
    """Return one of `languages` (ISO 639-1), or '' when there is nothing to choose or too little to go by."""
    for named in declared.split(","):
        code = named.strip().partition("-")[0].lower()
        if code in languages:
            return code
    sample = text[:_EXAMINED]
    if len(languages) < 2 or not _tells(sample):  # noqa: PLR2004 - one is no choice
        return ""
    return str(_identifier(languages).classify(sample)[0])


def _tells(sample: str) -> bool:
    """Whether there are letters enough to go by; the first words mostly have them."""
    return any(sum(map(str.isalpha, part)) >= _FEWEST_LETTERS for part in (sample[: 2 * _FEWEST_LETTERS], sample))


@lru_cache(maxsize=8)
def _identifier(languages: tuple[str, ...]) -> _Identifier:
    """Load the model once per set of languages; it takes 120 MB, so only where it is asked for."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # noqa: PLC0415 - see the docstring

    identifier = LanguageIdentifier.from_model_file(MODEL_FILE)
    identifier.set_languages([code for code in languages if code in identifier.labels])
    return cast("_Identifier", identifier)

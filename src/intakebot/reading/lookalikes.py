"""Names and domains that are made to look like others (UTS 39): what they look like, and what is invisible in them.

A skeleton is for comparing only: two texts with one skeleton look alike to a person in a hurry. Pure and bounded.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Final

_MOST: Final = 320
_INVISIBLE: Final = frozenset({"Cf", "Cc", "Mn", "Me", "Co", "Cs"})
_TURNS_TEXT: Final = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ALIKE: Final = str.maketrans(
    "аеорсухіјѕһԁԛԝвкмнтгзАВЕКМНОРСТУХІЈЅαβγεικνορτυχΑΒΕΖΗΙΚΜΝΟΡΤΥΧıɑɡｌℓ01|",  # noqa: RUF001 - they are meant
    "aeopcyxijshdqwbkmhtr3abekmhopctyxijsabyeiknoptuxabezhikmnoptyxiaglloll",
)


def skeleton(text: str) -> str:
    """What a text looks like: without case, accents, blanks and invisible signs, lookalike letters made one."""
    apart = unicodedata.normalize("NFKD", text[:_MOST])
    seen = "".join(sign for sign in apart if unicodedata.category(sign) not in _INVISIBLE and not sign.isspace())
    return seen.translate(_ALIKE).casefold().translate(_ALIKE)


def turns_text(text: str) -> bool:
    """Whether it has signs that turn the direction of writing, so that it reads other than it is."""
    return bool(_TURNS_TEXT.search(text))

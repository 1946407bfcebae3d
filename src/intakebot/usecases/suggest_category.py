"""Suggest a category: what closed cases say a message like this is about. Called by `questions`.

Only shown: nothing is set, sent or routed by it. An agent who agrees classifies the case by the usual command.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from intakebot.ports import Archive
from intakebot.suggesting.model import CategoryModel, CategoryRecord
from intakebot.usecases.house import House


def lesson_text(title: str, description: str) -> str:
    """What is looked at of a case, when it teaches and when it is asked about: the same."""
    return f"{title}\n{description}"


def default_category(house: House) -> str:
    """The category of what no rule knows; '' when the rules name none."""
    default = house.ruleset.stage("classify").default
    named = default.plain() if default else {}
    return str(named.get("category") or "") if isinstance(named, dict) else ""


def suggested_category(house: House, archive: Archive, case: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the model takes a case for, with its record; None when it is not sure enough or the case has ended.

    `confidence` is 0 to 1; `right` of the last `of` suggestions that were shown were what people decided.
    """
    if case["closed_at"] or case["ended_as"]:
        return None
    model = house.suggestions.learned(archive).model
    with house.suggestions.alone:
        suggestion = model.suggest(lesson_text(case["title"], case["description"]))
        right, shown = model.calibration.last_shown()
    if suggestion is None or not suggestion.shown:
        return None
    best, *others = ({"category": one.category, "confidence": round(one.confidence, 3)} for one in suggestion.guesses)
    return {**best, "others": others, "learned": model.learned, "right": right, "of": shown}


def suggestion_figures(house: House, archive: Archive) -> dict[str, Any]:
    """How the suggestions of this house fare, over the predictions that are remembered."""
    learned = house.suggestions.learned(archive)
    model, threshold = learned.model, learned.model.threshold()
    right, shown = model.calibration.last_shown()
    return {
        "learned": model.learned,
        "left": archive.closed_cases_left(learned.until),
        "kept_at": learned.saved_at.isoformat() if learned.saved_at else None,
        "judged": len(model.calibration.judged),
        "threshold": None if threshold is None else round(threshold, 3),
        "shown_share": round(model.shown_share(), 3),
        "right": right,
        "of": shown,
        "categories": _records(model),
    }


def _records(model: CategoryModel) -> list[dict[str, Any]]:
    return [
        {"category": one.category, "decided": one.decided, "predicted": one.predicted, "right": one.right}
        | {"precision": _share(one.right, one.predicted), "recall": _share(one.right, one.decided)}
        for one in _most_first(model)
    ]


def _most_first(model: CategoryModel) -> list[CategoryRecord]:
    return sorted(model.records(), key=lambda one: -one.decided)


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 3) if whole else None

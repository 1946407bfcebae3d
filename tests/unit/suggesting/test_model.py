"""The model of suggestions: what it may say, when it keeps silent, and that nothing about it depends on chance."""

from __future__ import annotations

import random
from functools import cache

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from fakes.lessons import labelled, taught
from intakebot.suggesting.calibration import (
    LEAST,
    REFIT_EVERY,
    WANTED,
    WINDOW,
    Calibration,
    Fitted,
    Prediction,
    certainty_of,
    lower_bound,
)
from intakebot.suggesting.classifier import MOST_CATEGORIES, Classifier
from intakebot.suggesting.features import WORDS_READ, features_of
from intakebot.suggesting.model import CategoryModel
from intakebot.suggesting.packing import packed, unpacked

EXAMPLES = labelled(160, seed=3)
JUDGED = st.lists(st.tuples(st.floats(-13, 13), st.booleans()), min_size=LEAST, max_size=140)


def judged_by(outcomes: list[tuple[float, bool]]) -> Calibration:
    calibration = Calibration()
    for certainty, right in outcomes:
        calibration.judge(Prediction(certainty, "a", "a" if right else "b", shown=calibration.shows(certainty)))
    return calibration


@cache
def learned() -> CategoryModel:
    return taught(1_000)


@settings(max_examples=25)
@given(JUDGED, st.floats(0.001, 0.999), st.floats(0.001, 0.999))
def test_confidence_never_falls_when_certainty_rises(
    outcomes: list[tuple[float, bool]], one: float, other: float
) -> None:
    calibration = judged_by(outcomes)
    low, high = sorted((certainty_of(one), certainty_of(other)))
    assert 0 <= calibration.confidence(low) <= calibration.confidence(high) <= 1


@settings(max_examples=25)
@given(JUDGED)
def test_what_is_shown_was_right_often_enough(outcomes: list[tuple[float, bool]]) -> None:
    cut = len(outcomes) - len(outcomes) % REFIT_EVERY
    calibration = judged_by(outcomes[:cut])
    shown = [right for certainty, right in outcomes[:cut] if calibration.shows(certainty)]
    assert not shown or lower_bound(sum(shown), len(shown)) >= WANTED


@pytest.mark.parametrize(("right", "of"), [(52, 52), (0, 0), (0, 10), (96, 100), (990, 1000)])
def test_the_lower_bound_solves_wilsons_equation(right: int, of: int) -> None:
    bound = lower_bound(right, of)
    assert bound <= (right / of if of else 0)
    if right:
        assert abs((right / of - bound) ** 2 * of - 1.645**2 * bound * (1 - bound)) < 1e-9


def test_a_perfect_start_is_not_believed_before_it_is_long_enough() -> None:
    assert judged_by([(3.0, True)] * (LEAST - 1)).threshold is None
    assert judged_by([(3.0, True)] * LEAST).threshold == 3.0
    assert lower_bound(51, 51) < WANTED <= lower_bound(52, 52)


def test_equals_are_shown_together_or_not_at_all() -> None:
    assert judged_by([(2.0, True)] * 150 + [(2.0, False)] * 50).threshold is None


@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(0, len(EXAMPLES)), max_size=4))
@example([155])  # between two fits of the curve
def test_a_model_that_is_stored_and_read_back_goes_on_as_if_nothing_had_been(cuts: list[int]) -> None:
    straight, restored = CategoryModel(), CategoryModel()
    for at, (text, category) in enumerate(EXAMPLES):
        straight.learn(text, category)
        if at in cuts:
            again = unpacked(packed(restored))
            assert again
            restored = again
        restored.learn(text, category)
    assert packed(restored) == packed(straight)
    assert [restored.suggest(text) for text, _ in EXAMPLES] == [straight.suggest(text) for text, _ in EXAMPLES]


def test_a_model_of_another_form_is_learned_anew() -> None:
    state = packed(taught(30))
    assert unpacked(bytes([state[0] + 1]) + state[1:]) is None
    assert unpacked(b"") is None


def test_it_learns_what_messages_are_about_and_knows_how_sure_it_is() -> None:
    model, held_out = learned(), labelled(300, seed=11, mistaken=0)
    found = [(model.suggest(text), category) for text, category in held_out]
    shown = [(best.guesses[0].category, category) for best, category in found if best and best.shown]
    assert len(shown) >= 0.8 * len(found)
    assert sum(ours == theirs for ours, theirs in shown) >= WANTED * len(shown)
    right, of = model.calibration.last_shown()
    assert (of, right >= 90) == (100, True)


def test_confidences_of_a_suggestion_fall_and_leave_room_for_others() -> None:
    for text, _ in labelled(50, seed=12):
        suggestion = learned().suggest(text)
        assert suggestion
        shares = [one.confidence for one in suggestion.guesses]
        assert shares == sorted(shares, reverse=True)
        assert sum(shares) <= 1 + 1e-9


@pytest.mark.parametrize(
    "text",
    ["", "   ", "...", "Zwölf Boxkämpfer jagen Viktor quer über den Sylter Deich", "\udcff\x00", "🚰" * 50, "水" * 200],
)
def test_of_what_it_does_not_know_nothing_is_shown(text: str) -> None:
    suggestion = learned().suggest(text)
    assert suggestion is None or not suggestion.shown


def test_even_a_model_that_may_say_everything_keeps_silent_about_strange_words() -> None:
    model = CategoryModel(learned().classifier, Calibration(fitted=Fitted(1.0, 0.0, -20.0)))
    known, strange = (
        model.suggest("the router is dead"),
        model.suggest("dead Boxkämpfer jagen Viktor quer Sylter Deich"),
    )
    assert known
    assert strange
    assert (known.shown, strange.shown) == (True, False)


def test_a_beginner_says_nothing() -> None:
    model = CategoryModel()
    assert model.suggest("no signal") is None
    for text, category in labelled(19):
        model.learn(text, category)
    assert model.suggest("no signal") is None


def test_categories_at_random_are_never_suggested() -> None:
    dice, model = random.Random(1), CategoryModel()  # noqa: S311 - categories that can be had again
    for text, _ in labelled(400, seed=5):
        model.learn(text, dice.choice(["a", "b", "c"]))
    assert model.threshold() is None
    assert not any(found and found.shown for found in map(model.suggest, (text for text, _ in labelled(100, seed=6))))


def test_chances_add_up_to_one_and_survive_a_new_category() -> None:
    classifier = Classifier()
    for number in range(17):  # the seventeenth makes the rows wider
        before = classifier.chances(features_of("signal")) if classifier.categories else []
        classifier.learn(features_of(f"word{number} other{number}"), f"category {number}")
        after = classifier.chances(features_of("signal"))
        assert len(after) == len(before) + 1
        assert sum(after) == pytest.approx(1)
    best = classifier.chances(features_of("word3 other3"))
    assert best.index(max(best)) == 3


def test_it_stays_bounded_and_forgets_what_was_not_said_for_longest() -> None:
    classifier, dice, words = Classifier(), random.Random(2), ""  # noqa: S311 - words that can be had again
    for number in range(180):
        words = "constant " + " ".join(f"{dice.getrandbits(60):x}" for _ in range(WORDS_READ))
        classifier.learn(features_of(words), f"category {number % 20}")
        assert len(classifier.rows) <= classifier.limit
        assert classifier.familiar(features_of(words)) == 1, "what was learned last is still there"
    assert number * 3 * WORDS_READ > classifier.limit, "or nothing would have been forgotten"
    assert not classifier.rows.keys().isdisjoint(features_of("constant")), "what is said again and again stays"


def test_there_is_a_limit_to_categories() -> None:
    classifier = Classifier()
    for number in range(MOST_CATEGORIES + 5):
        classifier.learn((number,), f"category {number}")
    assert (len(classifier.categories), classifier.learned) == (MOST_CATEGORIES, MOST_CATEGORIES)


def test_predictions_are_remembered_up_to_a_number() -> None:
    assert len(judged_by([(1.0, True)] * (WINDOW + 30)).judged) == WINDOW


@given(st.text(max_size=400))
def test_features_are_few_distinct_and_always_the_same(text: str) -> None:
    found = features_of(text)
    assert found == features_of(text)
    assert list(found) == sorted(set(found))
    assert all(0 <= feature < 2**32 for feature in found)


def test_the_end_of_a_long_message_costs_nothing() -> None:
    words = " ".join(f"word{number}" for number in range(WORDS_READ))
    assert len(features_of("x" * 10**6)) < 10
    assert features_of(f"{words} and more")[:5] == features_of(words + " and much more")[:5]
    assert len(features_of(words + " tail" * 10_000)) <= 5 * WORDS_READ + 1

"""Messages with their categories, in our own words: what the model of suggestions is taught in tests and benchmarks.

Categories share words, openings say nothing, and a few messages carry a wrong category, as in any house.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from intakebot.ports import Store
from intakebot.ports.lessons import StoredModel
from intakebot.suggesting.model import CategoryModel
from intakebot.suggesting.packing import packed

MISTAKEN = 0.03
OPENINGS = ("Hello,", "Dear team,", "Good morning,", "Hi,", "To whom it may concern,", "Once more:", "Urgent!", "")
CLOSINGS = (
    "Please help.",
    "Thank you.",
    "What can we do?",
    "Regards",
    "I wait for your answer.",
    "This is annoying.",
    "",
)
THINGS = ("the router", "our box in the hall", "the line", "the pump", "the new device", "the modem", "our connection")
SINCE = ("since this morning", "for two days", "again", "after the storm", "since the move", "as so often", "right now")
SAID: dict[str, tuple[str, ...]] = {
    "technical/no-service": (
        "{thing} is dead {since}",
        "there is no signal on {thing} {since}",
        "nothing works any more, {thing} is offline {since}",
        "we have no internet {since}",
        "a red light is on at {thing} {since}",
    ),
    "technical/slow": (
        "{thing} is very slow {since}",
        "pages load slowly {since}",
        "the speed of {thing} has dropped {since}",
        "we get half the bandwidth that we pay for {since}",
        "video calls freeze {since}, {thing} is so slow",
    ),
    "technical/defect": (
        "{thing} makes a noise and smells burnt",
        "water drips out of {thing} {since}",
        "the housing of {thing} is broken",
        "a button of {thing} is stuck {since}",
        "{thing} is defective, the seal leaks",
    ),
    "logistics/delivery": (
        "where is my parcel? {thing} has not arrived",
        "the delivery of {thing} is late",
        "the courier did not come {since}",
        "tracking says that {thing} was delivered, but it was not",
        "when will {thing} be delivered?",
    ),
    "logistics/return": (
        "I want to send {thing} back",
        "where do I send {thing}?",
        "I need a return label for {thing}",
        "the return of {thing} was not booked",
        "how do I give {thing} back?",
    ),
    "commercial/invoice": (
        "the invoice for {thing} is wrong",
        "I was charged twice for {thing}",
        "please send the invoice for {thing} again",
        "the amount on my bill is too high {since}",
        "there is a fee on the bill that I do not know",
    ),
    "commercial/payment": (
        "my payment for {thing} failed",
        "the card was declined when I paid for {thing}",
        "can I pay for {thing} by transfer?",
        "the direct debit was returned {since}",
        "I paid for {thing}, and it is still reminded",
    ),
    "commercial/contract": (
        "how long does the contract for {thing} run?",
        "I want to move the contract to my company",
        "please change the name on the contract for {thing}",
        "which tariff do I have for {thing}?",
        "I would like to upgrade the tariff of {thing}",
    ),
    "cancellation/before-activation": (
        "I ordered {thing} yesterday and want to withdraw",
        "cancel the order of {thing} before it is activated",
        "please stop the activation of {thing}",
        "I have changed my mind about {thing}, do not activate it",
        "the order for {thing} was a mistake, please withdraw it",
    ),
    "cancellation/after-activation": (
        "I cancel {thing} at the end of the term",
        "herewith I terminate the contract for {thing}",
        "please confirm that {thing} is terminated",
        "we close the office and give notice for {thing}",
        "my notice for {thing} was not confirmed {since}",
    ),
}


def labelled(count: int, seed: int = 7, mistaken: float = MISTAKEN) -> list[tuple[str, str]]:
    """So many messages, each with its category; the same for the same seed."""
    dice = random.Random(seed)  # noqa: S311 - messages that can be had again
    return [_one(dice, mistaken) for _ in range(count)]


def _one(dice: random.Random, mistaken: float) -> tuple[str, str]:
    category = dice.choice(list(SAID))
    said = dice.choice(SAID[category]).format(thing=dice.choice(THINGS), since=dice.choice(SINCE))
    beside = dice.choice(dice.choice(list(SAID.values()))).format(thing=dice.choice(THINGS), since="")
    parts = [dice.choice(OPENINGS), said + ".", f"By the way, {beside}." if dice.random() < 0.1 else ""]
    text = " ".join(part for part in (*parts, dice.choice(CLOSINGS)) if part)
    return text, dice.choice(list(SAID)) if dice.random() < mistaken else category


def taught(count: int = 600, seed: int = 7) -> CategoryModel:
    """A model that has learned so many of them."""
    model = CategoryModel()
    for text, category in labelled(count, seed):
        model.learn(text, category)
    return model


async def keep(writer: Any, model: CategoryModel, until: int = 0) -> None:
    """Put a model into the database, as the worker does."""

    def write(store: Store, models: Sequence[StoredModel]) -> list[None]:
        return [store.keep_suggestion_model(one) for one in models]

    at = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
    await writer.submit(write, StoredModel(packed(model), model.learned, until, at))

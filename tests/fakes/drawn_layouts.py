"""Writes the pictures of all layouts: `PYTHONPATH=src:tests python -m fakes.drawn_layouts`. Read the difference."""

from __future__ import annotations

from pathlib import Path

from fakes.drawn_blocks import drawn
from intakebot.channels.slack.drawing.layouts import sample_layouts

PICTURES = Path(__file__).parents[1] / "samples" / "slack"


def picture(name: str) -> Path:
    """Where the picture of a layout is."""
    return PICTURES / f"{name.replace(',', '').replace(' ', '-')}.txt"


def write() -> None:
    """Every picture, and no others."""
    PICTURES.mkdir(exist_ok=True)
    wanted = {picture(name): drawn(layout) for name, layout in sample_layouts().items()}
    for path in set(PICTURES.glob("*.txt")) - set(wanted):
        path.unlink()
    for path, text in wanted.items():
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write()

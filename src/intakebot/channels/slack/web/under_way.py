"""What goes on after an interaction was answered, as the app and its listeners tell each other.

A listener that answered in time, though its work takes longer, leaves a future under this name in the context that
slack_bolt hands to both; the app keeps the interaction in the inbox until it is true.
"""

from __future__ import annotations

from typing import Final

UNDER_WAY: Final = "intakebot_under_way"
"""A `Future[bool]`: True once the work is done (or refused, and that told), False when it was cut off."""

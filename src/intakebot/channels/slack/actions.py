"""Clicks: every button, menu, form and suggestion of this app, and who answers it.

`register` hangs them on the app; `resume` carries out what was kept before the service stopped. A button says what
somebody wants, never that they may: each answer begins by asking who acts and which case it is about.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial

from slack_bolt.async_app import AsyncApp

from intakebot.channels.slack.answers import Ack, Answer, Workplace, attend
from intakebot.channels.slack.at_once import AT_ONCE, act_at_once
from intakebot.channels.slack.clicks import Click, Payload, clicked, submitted, suggested
from intakebot.channels.slack.form_state import refused, waiting
from intakebot.channels.slack.forms_frame import Form, carry_out, open_form
from intakebot.channels.slack.home_desk import HomeDesk
from intakebot.channels.slack.offers import MORE
from intakebot.domain.errors import RefusedError

EVERY = re.compile("")

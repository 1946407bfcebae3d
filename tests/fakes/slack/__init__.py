"""A fake Slack for tests, on this machine only: see `FakeSlack`."""

from __future__ import annotations

from fakes.slack.fake import FakeSlack
from fakes.slack.person import Person
from fakes.slack.records import Channel, Message, View, Workspace
from fakes.slack.seen import Seen

__all__ = ["Channel", "FakeSlack", "Message", "Person", "Seen", "View", "Workspace"]

"""Which event is whose: the table that `arrivals` looks handlers up in. Made by the channel, once for a workspace."""

from __future__ import annotations

from collections.abc import Mapping

from intakebot.channels.slack.hearing.amendments import CHANGED, DELETED, Amendments
from intakebot.channels.slack.hearing.arrived import Arrived, Handler, Outcome, Surround
from intakebot.channels.slack.hearing.caller_threads import CallerThreads
from intakebot.channels.slack.hearing.card_threads import CardThreads
from intakebot.channels.slack.hearing.contacts import Contacts
from intakebot.channels.slack.hearing.messages import MENTION, Messages
from intakebot.channels.slack.hearing.reactions import Reactions
from intakebot.channels.slack.hearing.workspace_events import Workspace
from intakebot.channels.slack.web.alarms import Alarms

PEOPLE_EVENTS = (
    "user_change",
    "team_join",
    "user_profile_changed",
    "user_status_changed",
    "subteam_created",
    "subteam_updated",
    "subteam_members_changed",
)


def handlers(around: Surround, alarms: Alarms) -> Mapping[str, Handler]:
    """The handler for each type of event; `type/subtype` where a subtype has its own."""
    contacts, cards = Contacts(around), CardThreads(around)
    threads = CallerThreads(around, contacts, cards)
    messages = Messages(around, contacts, cards, threads)
    reactions = Reactions(around, contacts, messages)
    amendments = Amendments(around, contacts, cards, threads)
    workspace = Workspace(around, alarms)

    async def who_changed(arrived: Arrived) -> Outcome:
        around.people.hear(arrived.event)
        return "people"

    return dict.fromkeys(PEOPLE_EVENTS, who_changed) | {
        "message": messages.hear,
        f"message/{CHANGED}": amendments.hear,
        f"message/{DELETED}": amendments.hear,
        MENTION: messages.hear,
        "reaction_added": reactions.hear,
        "channel_archive": workspace.archived,
        "group_archive": workspace.archived,
        "channel_unarchive": workspace.brought_back,
        "group_unarchive": workspace.brought_back,
        "member_left_channel": workspace.left,
        "channel_left": workspace.left,
        "group_left": workspace.left,
        "member_joined_channel": workspace.joined,
        "channel_id_changed": workspace.id_changed,
        "tokens_revoked": workspace.tokens_revoked,
        "app_uninstalled": workspace.uninstalled,
        "app_rate_limited": workspace.rate_limited,
    }

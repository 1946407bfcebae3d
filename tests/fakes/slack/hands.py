"""What a person does to the surfaces of the app: clicks, picks, fills in, submits, closes, runs, presses.

Each returns what the person then sees (`Seen`), once the app has acknowledged or three seconds are over.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fakes.slack import forms
from fakes.slack.answers import show_answer, show_command_answer
from fakes.slack.courier import Attempt
from fakes.slack.inputs import elements, holds_value, key_of
from fakes.slack.records import Channel, Json, Message, User, View, Workspace
from fakes.slack.seen import TROUBLE, Seen

if TYPE_CHECKING:
    from fakes.slack.fake import FakeSlack

Where = Message | View


class Hands:
    """The part of `Person` that acts on messages, modals and the App Home."""

    def __init__(self, slack: FakeSlack, user: User) -> None:
        self._slack = slack
        self._user = user

    async def clicks(self, where: Where, what: str, *, stale: Message | None = None) -> Seen:
        """Press a button, or choose from an overflow menu, by its visible text or its action_id.

        Only what the message shows now can be clicked, unless `stale` is an older copy of it (`message.copy()`) that
        this person still has on screen.
        """
        self._sees(where)
        block, element, option = _clickable((stale or where).blocks, what)
        chosen = {"selected_option": option} if option else {}
        return await self._act(where, block, element, chosen)

    async def picks(self, where: Where, field: str, option: Any) -> Seen:
        """Choose in a select, a list of checkboxes, a date picker: by action_id, block_id or label."""
        self._sees(where)
        block, element = forms.find(where.blocks, field)
        if element["type"].endswith("external_select") and isinstance(option, str):
            option = forms.choose(await self.is_offered(where, field, option), option)
        value = forms.read(element, option)
        return await self._touch(where, block, element, value)

    async def types(self, where: Where, field: str, text: str) -> Seen:
        """Write into a text field and press Enter: the app hears of it if the block dispatches."""
        self._sees(where)
        self._slack.state.see_caller_text(text)
        block, element = forms.find(where.blocks, field)
        return await self._touch(where, block, element, text)

    async def is_offered(self, where: Where, field: str, typed: str) -> list[Json]:
        """Type into a select whose options come from the app; returns the options."""
        block, element = forms.find(where.blocks, field)
        payload = self._slack.interactions.suggestion(self._user, where, block, element, typed)
        attempt = await self._slack.courier.once("options", payload, element["action_id"])
        body = attempt.body if isinstance(attempt.body, dict) else {}
        groups = body.get("option_groups") or []
        return list(body.get("options") or [one for group in groups for one in group["options"]])

    async def fills(self, values: dict[str, Any]) -> View:
        """Fill in the modal on top without sending it."""
        view = self._top()
        forms.fill(view, values)
        for value in values.values():
            self._slack.state.see_caller_text(value if isinstance(value, str) else "")
        self._slack.state.changed()
        return view

    async def submits(self, values: dict[str, Any] | None = None) -> Seen:
        """Send the modal on top; what is missing or too long is said without asking the app, as Slack does."""
        view, seen = await self.fills(values or {}), self._seen()
        assert view.content.get("submit"), f"{view.title!r} has no button to submit it"
        seen.errors = forms.objections(view)
        if seen.errors:
            return seen
        seen.attempt = await self._send("interactive", self._slack.interactions.submission(self._user, view), view.id)
        show_answer(self._slack, view, seen)
        return seen

    async def closes_modal(self) -> Seen:
        """Close the modal on top; the app hears of it if it wants to."""
        view, seen = self._top(), self._seen()
        cleared = bool(view.content.get("clear_on_close"))
        gone = (
            self._slack.stacks.clear(self._user.id)
            if cleared
            else [self._slack.stacks.close_top(self._user.id) or view]
        )
        for one in gone:
            if one.content.get("notify_on_close"):
                payload = self._slack.interactions.closing(self._user, one, cleared=cleared)
                seen.attempt = await self._send("interactive", payload, one.id)
        return seen

    async def runs(self, command: str, text: str = "", room: Channel | None = None) -> Seen:
        """Run a slash command in a channel, or in the direct message with the app."""
        seen, state = self._seen(), self._slack.state
        state.see_caller_text(text)
        place = room or state.dm(self._user, self._installed())
        fields = self._slack.interactions.command(self._user, command, text, place)
        seen.attempt = await self._send("command", fields, fields["trigger_id"])
        show_command_answer(self._slack, fields, seen)
        return seen

    async def presses(self, callback_id: str, message: Message | None = None) -> Seen:
        """A shortcut: of a message, or a global one."""
        seen = self._seen()
        if message is None:
            payload = self._slack.interactions.shortcut(self._user, callback_id)
        else:
            self._sees(message)
            payload = self._slack.interactions.message_shortcut(self._user, callback_id, message)
        seen.attempt = await self._send("interactive", payload, payload["trigger_id"])
        seen.notice = "" if seen.acked else TROUBLE
        return seen

    async def opens_home(self, *, tab: str = "home", within: float = 5.0) -> View | None:
        """Look at the app's page; returns it once the app has published it anew, or as it stands after `within` s."""
        state = self._slack.state
        before = state.homes.get(self._user.id)
        mark = before.hash if before else ""
        channel = state.dm(self._user, self._installed())
        self._slack.announce.home_opened(self._user, channel, before, tab)
        if tab == "home":
            await self._slack.comes(lambda: getattr(state.homes.get(self._user.id), "hash", "") != mark, within)
        return state.homes.get(self._user.id)

    async def _touch(self, where: Where, block: Json, element: Json, value: Any) -> Seen:
        chosen = {key_of(element): value}
        if isinstance(where, View):
            where.values[block["block_id"]][element["action_id"]] = {"type": element["type"], **chosen}
            self._slack.state.changed()
        if block.get("type") == "input" and not block.get("dispatch_action"):
            return self._seen()
        return await self._act(where, block, element, chosen)

    async def _act(self, where: Where, block: Json, element: Json, chosen: Json) -> Seen:
        seen = self._seen()
        payload = self._slack.interactions.block_action(self._user, where, block, element, chosen)
        seen.attempt = await self._send("interactive", payload, payload["trigger_id"])
        seen.notice = "" if seen.acked else TROUBLE
        return seen

    async def _send(self, kind: str, payload: Json, name: str) -> Attempt:
        return await self._slack.courier.once(kind, payload, name)

    def _seen(self) -> Seen:
        state = self._slack.state
        return Seen(state, self._user.id, len(state.ephemerals[self._user.id]))

    def _top(self) -> View:
        view = self._slack.state.top_modal(self._user.id)
        assert view is not None, f"{self} has no modal open"
        return view

    def _sees(self, where: Where) -> None:
        if isinstance(where, View):
            state = self._slack.state
            assert where.user == self._user.id, f"{self} does not see a view of {where.user}"
            assert where in (state.top_modal(self._user.id), state.homes.get(self._user.id)), "that view is not on top"
        elif where.ephemeral_to:
            assert where.ephemeral_to == self._user.id, f"only {where.ephemeral_to} sees that message"
        else:
            assert self._user.id in where.channel.members, f"{self} is not in {where.channel.name or where.channel.id}"
            assert not where.deleted, "that message has been deleted"

    def _installed(self) -> Workspace:
        home = self._slack.home
        return self._user.team if self._user.team.installed else home

    @staticmethod
    def _installed_in(room: Channel) -> Workspace:
        return next((team for team in (room.team, *room.shared_with) if team.installed), room.team)


def _clickable(blocks: list[Json], what: str) -> tuple[Json, Json, Json | None]:
    there: list[str] = []
    for block in blocks:
        for element in elements(block):
            if element["type"] == "overflow":
                names = [one["text"]["text"] for one in element["options"]]
                there.extend(names)
                for option in element["options"]:
                    if what in (option["text"]["text"], option.get("value")):
                        return block, element, option
            elif not holds_value(element):
                shown = str((element.get("text") or {}).get("text"))
                there.append(shown)
                if what in (shown, element.get("action_id")):
                    return block, element, None
    raise AssertionError(f"nothing to click that says {what!r}; there is {there}")

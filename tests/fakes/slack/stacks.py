"""What lies on a person's screen: the stack of modals, and the App Home.

The Web API puts views there, so does the answer to a submission; people fill them in (`forms`) and take them away.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass

from fakes.slack.acts import name_blocks
from fakes.slack.inputs import blank_values
from fakes.slack.records import Json, View, Workspace
from fakes.slack.state import State


@dataclass
class Stacks:
    """One for each fake."""

    state: State

    def open(self, user: str, team: Workspace, content: Json) -> View:
        """A new stack with one modal; what was open before is gone."""
        self.state.modals[user].clear()
        return self.push(user, team, content)

    def push(self, user: str, team: Workspace, content: Json) -> View:
        """One modal more on top."""
        below = self.state.top_modal(user)
        view = self._made("modal", user, team, content)
        view.previous = below.id if below else None
        view.root = below.root if below else view.id
        self.state.modals[user].append(view)
        self.state.changed()
        return view

    def publish(self, user: str, team: Workspace, content: Json) -> View:
        """The App Home, whole."""
        home = self.state.homes.get(user)
        if home is None:
            home = self.state.homes[user] = self._made("home", user, team, content)
            self.state.changed()
        else:
            self.replace(home, content)
        return home

    def replace(self, view: View, content: Json) -> None:
        """Other contents: what was filled in stays where block_id and action_id stay."""
        before = view.values
        view.content = _named(content, self.state)
        view.hash = self.state.new_hash()
        view.values = blank_values(view.blocks)
        for block_id, fields in view.values.items():
            for action_id in fields:
                if action_id in before.get(block_id, {}):
                    fields[action_id] = before[block_id][action_id]
        self.state.changed()

    def close_top(self, user: str) -> View | None:
        """The person closes what lies on top."""
        stack = self.state.modals[user]
        closed = stack.pop() if stack else None
        self.state.changed()
        return closed

    def clear(self, user: str) -> list[View]:
        """All modals go; returned from the top down."""
        gone = self.state.modals[user][::-1]
        self.state.modals[user].clear()
        self.state.changed()
        return gone

    def _made(self, kind: str, user: str, team: Workspace, content: Json) -> View:
        named = _named(content, self.state)
        name = self.state.new_id("V")
        view = View(name, kind, team, user, named, self.state.new_hash(), name, bot_id=team.bot_id)  # type: ignore[arg-type]
        view.values = blank_values(view.blocks)
        self.state.views[view.id] = view
        return view


def _named(content: Json, state: State) -> Json:
    named = copy.deepcopy(content)
    name_blocks(named["blocks"], state)
    return named

"""What people do reaches the app, and what the app answers reaches the people."""

from __future__ import annotations

from typing import Any

from contract.fake_slack.surfaces import CARD, modal
from contract.fake_slack.trial_app import TrialApp
from fakes.slack import FakeSlack


async def test_a_message_comes_as_an_event_and_the_app_answers_in_the_thread(slack: FakeSlack, app: TrialApp) -> None:
    alice = slack.person("alice", email="alice@acme.example", name="Alice Archer")
    room = slack.channel("help", members=[alice])

    asked = await alice.says(room, "The pump leaks")
    await slack.until(lambda: app.events)
    await app.client.chat_postMessage(channel=room.id, text="Case C-1001", thread_ts=asked.ts)

    assert app.events[0]["text"] == "The pump leaks"
    assert [one.text for one in slack.thread(asked)] == ["Case C-1001"]
    await slack.settled()


async def test_a_click_a_modal_and_its_submission(slack: FakeSlack, app: TrialApp) -> None:
    bob = slack.person("bob")
    room = slack.channel("triage", members=[bob])
    submitted: list[Any] = []

    @app.bolt.action("take")
    async def take(ack: Any, body: Any, client: Any) -> None:
        await ack()
        await client.views_open(trigger_id=body["trigger_id"], view=modal())
        await client.chat_postEphemeral(channel=room.id, user=bob.id, text="yours now")

    @app.bolt.view("resolve")
    async def resolve(ack: Any, view: Any) -> None:
        submitted.append(view["state"]["values"])
        words = view["state"]["values"]["words"]["text"]["value"]
        if words == "wrong":
            await ack(response_action="errors", errors={"words": "not so"})
        else:
            await ack()

    posted = await app.client.chat_postMessage(channel=room.id, text="C-1001", blocks=CARD)
    card = slack.messages(room)[-1]
    assert card.ts == posted["ts"]

    seen = await bob.clicks(card, "Take")
    await slack.until(lambda: bob.modal and bob.ephemerals)
    assert (seen.acked, seen.ephemerals) == (True, ["yours now"])

    assert (await bob.submits({})).errors == {"words": "Please complete this required field."}
    assert (await bob.submits({"Resolution": "no"})).errors == {"words": "Must be at least 3 characters"}
    assert (await bob.submits({"Resolution": "wrong"})).errors == {"words": "not so"}
    assert (await bob.submits({"words": "tightened", "Priority": "High"})).acked

    assert bob.modal is None
    assert submitted[-1]["words"]["text"] == {"type": "plain_text_input", "value": "tightened"}
    assert submitted[-1]["prio"]["prio"]["selected_option"]["value"] == "high"


async def test_commands_shortcuts_and_home(slack: FakeSlack, app: TrialApp) -> None:
    bob = slack.person("bob")
    room = slack.channel("triage", members=[bob])
    heard: list[str] = []
    app.heard.add("app_home_opened")

    @app.bolt.command("/case")
    async def case(ack: Any, body: Any) -> None:
        await ack(f"found {body['text']}")

    @app.bolt.shortcut("new_case")
    async def new_case(ack: Any, body: Any) -> None:
        heard.append(body["type"])
        await ack()

    @app.bolt.event("app_home_opened")
    async def opened(event: Any, client: Any) -> None:
        await client.views_publish(user_id=event["user"], view={"type": "home", "blocks": CARD})

    seen = await bob.runs("/case", "find pump", room)
    assert seen.ephemerals == ["found find pump"]
    message = await bob.says(room, "hello")
    assert (await bob.presses("new_case", message)).acked
    assert (await bob.presses("new_case")).acked
    assert heard == ["message_action", "shortcut"]
    home = await bob.opens_home()
    assert home is not None
    assert home is bob.home_view
    await slack.settled()

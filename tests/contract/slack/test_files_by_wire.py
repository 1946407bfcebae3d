"""Files come from Slack's own hosts only, up to a size, and a page to log in is no file (S22, H12)."""

from __future__ import annotations

import pytest
from aiohttp import web

from contract.slack.workspace import calling, serving
from fakes.slack import FakeSlack
from intakebot.channels.slack.web.calls import Calls, SlackLimitedError, SlackRefusedError, SlackUnreachableError


async def _file_of(slack: FakeSlack, content: bytes, name: str = "a.png", kind: str = "image/png") -> str:
    alice = slack.person("alice")
    room = slack.channel("help", [alice])
    message = await alice.says(room, "look", files=[(name, content, kind)])
    return slack.shapes.file(message.files[0])["url_private_download"]


async def test_a_file_is_fetched_with_the_token(slack: FakeSlack, calls: Calls) -> None:
    assert await calls.fetch_file(await _file_of(slack, b"png" * 50_000), 200_000) == b"png" * 50_000


async def test_a_page_that_somebody_uploaded_is_a_file(slack: FakeSlack, calls: Calls) -> None:
    url = await _file_of(slack, b"<html>mine</html>", "a.html", "text/html")

    assert await calls.fetch_file(url, 1000) == b"<html>mine</html>"


async def test_a_file_that_is_too_large_is_not_read_to_its_end(slack: FakeSlack, calls: Calls) -> None:
    with pytest.raises(SlackRefusedError) as refused:
        await calls.fetch_file(await _file_of(slack, b"x" * 1001), 1000)

    assert refused.value.error == "file_too_large"


async def test_a_page_to_log_in_is_no_file(slack: FakeSlack, calls: Calls) -> None:
    url = await _file_of(slack, b"png")
    slack.app.scopes.discard("files:read")

    with pytest.raises(SlackRefusedError) as refused:
        await calls.fetch_file(url, 1000)

    assert (refused.value.error, refused.value.needed) == ("login_page", "files:read")


@pytest.mark.parametrize(
    "url",
    [
        "https://files.slack.com.evil.example/x",
        "https://evilslack.com/x",
        "https://evil.example/files.slack.com",
        "https://files.slack.com@evil.example/x",
        "https://user@files.slack.com/x",
        "http://files.slack.com/x",
        "http://files.slack.com:443/x",
        "https://files.slack.com:8443/x",
        "https://169.254.169.254/latest",
        "http://localhost/x",
        "file:///etc/passwd",
        "//files.slack.com/x",
        "/x",
        "",
        "https://[::1",
        "https://slack.com\u3002evil.example/",
        "https://evil.example\\.slack.com/x",
        "https://evil.example\\@files.slack.com/x",
        "https://evil.example#.slack.com/",
        "https://evil.example?.slack.com/",
        "https://files.slack.com\t.evil.example/",
        "https://files.slack.com /x",
        "https:files.slack.com/x",
        "https:///files.slack.com/x",
        "https://%66iles.slack.com.evil.example/",
    ],
)
async def test_nothing_is_fetched_from_anywhere_else(calls: Calls, url: str) -> None:
    """H12: no connection is made at all, so no token can leave."""
    with pytest.raises(SlackRefusedError) as refused:
        await calls.fetch_file(url, 1000)

    assert refused.value.error == "not_slack"


# case H12
@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_a_redirect_to_another_host_is_not_followed(slack: FakeSlack, status: int) -> None:
    shown: list[str] = []

    async def thief(request: web.Request) -> web.Response:
        shown.append(request.headers.get("Authorization", ""))
        return web.Response(body=b"taken")

    async with serving(thief) as elsewhere:

        async def redirect(_: web.Request) -> web.Response:
            return web.Response(status=status, headers={"Location": elsewhere})

        async with serving(redirect) as here, calling(slack, f"{here}api/") as calls:
            with pytest.raises(SlackRefusedError) as refused:
                await calls.fetch_file(f"{here}file", 1000)

    assert refused.value.error == "not_slack"
    assert shown == []


async def test_a_redirect_on_the_same_host_is_followed_but_not_for_ever(slack: FakeSlack) -> None:
    asked: list[str] = []

    async def redirect(request: web.Request) -> web.Response:
        asked.append(request.path)
        if request.path == "/first":
            return web.Response(status=302, headers={"Location": "/second"})
        if request.path == "/second":
            return web.Response(body=b"here")
        return web.Response(status=302, headers={"Location": request.path})

    async with serving(redirect) as here, calling(slack, here) as calls:
        assert await calls.fetch_file(f"{here}first", 1000) == b"here"
        with pytest.raises(SlackRefusedError):
            await calls.fetch_file(f"{here}loop", 1000)

    assert asked == ["/first", "/second", *["/loop"] * 3]


@pytest.mark.parametrize(
    ("status", "error"), [(429, SlackLimitedError), (503, SlackUnreachableError), (404, SlackRefusedError)]
)
async def test_what_a_status_means_for_a_file(slack: FakeSlack, status: int, error: type[Exception]) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(answer) as here, calling(slack, here) as calls:
        with pytest.raises(error):
            await calls.fetch_file(f"{here}file", 1000)


async def test_the_bytes_of_a_file_are_brought_to_where_slack_wants_them(slack: FakeSlack, calls: Calls) -> None:
    room = slack.channel("help")
    place = await calls.call("files.getUploadURLExternal", filename="a.txt", length=5)

    await calls.put_file(place["upload_url"], b"hello")
    await calls.call("files.completeUploadExternal", files=[{"id": place["file_id"]}], channel_id=room.id)

    [message] = slack.messages(room)
    assert [file.content for file in message.files] == [b"hello"]


async def test_an_upload_that_breaks_is_known_to_be_broken(slack: FakeSlack, calls: Calls) -> None:
    place = await calls.call("files.getUploadURLExternal", filename="a.txt", length=5)
    slack.places.broken_uploads = 1

    with pytest.raises(SlackUnreachableError) as broken:
        await calls.put_file(place["upload_url"], b"hello")

    assert broken.value.taken is None


async def test_nothing_is_brought_anywhere_else(calls: Calls) -> None:
    with pytest.raises(SlackRefusedError):
        await calls.put_file("https://evil.example/upload", b"hello")
    with pytest.raises(SlackRefusedError):
        await calls.respond("https://evil.example/response", text="hello")

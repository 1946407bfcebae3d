"""What a configuration means once it is loaded: the shipped one, defaults, secrets, sizes and durations."""

import re
import shutil
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path

import pytest

from intakebot.config.channel_settings import DkimKey, Tls
from intakebot.config.on_disk import start_files
from intakebot.config.settings import Settings, load_house_directory, load_organisation, load_settings
from intakebot.domain.errors import ConfigError
from intakebot.domain.file_policy import FilePolicy, FlaggedFiles
from intakebot.domain.workflow import variant_for

ROOT = Path(__file__).parents[3]
GOOD = ROOT / "tests/bad_config/good"


def changed(folder: Path, old: str, new: str, environment: dict[str, str] | None = None) -> Settings:
    """The good configuration of the bad ones, with one change in its main file."""
    shutil.copytree(GOOD, folder, dirs_exist_ok=True)
    main = folder / "intakebot.yaml"
    text = main.read_text(encoding="utf-8")
    assert old in text
    main.write_text(text.replace(old, new, 1), encoding="utf-8")
    return load_settings(folder, environment or {})


def test_the_file_that_is_named_is_the_one_that_is_read(tmp_path: Path) -> None:
    changed(tmp_path, "host_name: ", "host_name: ")
    text = (tmp_path / "intakebot.yaml").read_text("utf-8")
    tried = tmp_path / "tried.yaml"
    tried.write_text(re.sub("host_name: .*", "host_name: tried.example", text), "utf-8")

    assert load_settings(tried, {}).service.host_name == "tried.example"
    assert load_settings(tmp_path, {}).service.host_name != "tried.example"
    assert {"tried.yaml", "intakebot.yaml"} & set(start_files(tried, tmp_path)) == {"tried.yaml"}
    with pytest.raises(ConfigError, match=r"nowhere\.yaml: there is no such file; --config PATH"):
        load_settings(tmp_path / "nowhere.yaml", {})


def test_who_asks_a_running_service_needs_neither_secrets_nor_the_rest_in_order(tmp_path: Path) -> None:
    changed(tmp_path, "host_name: ", "host_name: ")
    main = tmp_path / "intakebot.yaml"
    main.write_text(
        f"{main.read_text('utf-8')}\nrelay:\n  host: relay.example\n  username: bot\n  password: {{env: NOT_SET}}\n",
        "utf-8",
    )

    assert load_house_directory(main) == load_house_directory(GOOD)
    assert load_organisation(main).own_domains == load_organisation(GOOD).own_domains
    with pytest.raises(ConfigError, match="NOT_SET is not set"):
        load_settings(main, {})
    main.write_text("service: {}\n", "utf-8")
    with pytest.raises(ConfigError, match="'data_directory' is missing"):
        load_house_directory(main)


def test_the_shipped_example_loads_without_any_secret_set() -> None:
    settings = load_settings(ROOT / "config/intakebot.yaml", {})
    organisation = settings.organisation

    assert {name: address.workflow for name, address in organisation.addresses.items()} == {
        "support@intakebot.example": "manage-case",
        "crc@intakebot.example": "crc",
        "postmaster@intakebot.example": "manage-case",
    }
    assert {name: queue.workflows for name, queue in organisation.queues.items()} == {
        "support": ("manage-case",),
        "crc": ("crc", "crc-technical"),
        "noc": ("crc-technical",),
        "triage": ("manage-case", "crc", "crc-technical"),
    }
    assert {name: agent.queues for name, agent in organisation.agents.items()} == {
        "alice": ("support", "triage"),
        "bob": ("crc", "triage"),
        "carol": ("noc",),
        "dana": ("crc", "support", "noc", "triage"),
    }
    assert organisation.languages == ("en", "de")
    assert organisation.triage_queue == "triage"
    assert settings.relay is None
    assert settings.database_url == ""
    assert settings.automatic_replies.per_address_and_day == 3
    assert settings.templates_directory == ROOT / "templates"


def test_the_shipped_door_is_smtp_on_the_loopback() -> None:
    (smtp,) = load_settings(ROOT / "config", {}).smtp

    assert (smtp.host, smtp.port, smtp.lmtp, smtp.limits.size_limit) == ("127.0.0.1", 2525, False, 50 * 1024 * 1024)


def test_promises_on_business_hours_count_open_time() -> None:
    organisation = load_settings(ROOT / "config", {}).organisation
    general = organisation.policies[organisation.default_policy]
    friday_noon = datetime(2026, 3, 6, 11, tzinfo=UTC)

    due = organisation.calendars[general.calendar].after(friday_noon, general.respond_within)

    assert due == datetime(2026, 3, 9, 11, tzinfo=UTC)


@pytest.mark.parametrize(
    ("current", "category", "follows"),
    [
        ("crc", "technical/no-signal", "crc-technical"),
        ("crc", "technical", "crc-technical"),
        ("crc", "commercial/invoice", "crc"),
        ("crc-technical", "technical/no-signal", "crc-technical"),
        ("crc-technical", "cancellation/before-activation", "crc"),
        ("crc-technical", "", "crc"),
        ("manage-case", "technical/no-signal", "manage-case"),
    ],
)
def test_the_category_picks_the_variant_of_the_process(current: str, category: str, follows: str) -> None:
    assert variant_for(load_settings(ROOT / "config", {}).organisation.workflows, current, category) == follows


def test_the_data_directory_counts_from_the_working_directory(tmp_path: Path) -> None:
    assert changed(tmp_path, "templates", "templates").service.data_directory == Path.cwd() / "data"


@pytest.mark.parametrize(("written", "seconds"), [("30s", 30), ("15m", 900), ("4h", 14_400), ("10d", 864_000)], ids=str)
def test_durations(written: str, seconds: int, tmp_path: Path) -> None:
    settings = changed(tmp_path, "alarm_after: 4h", f"alarm_after: {written}")

    assert settings.organisation.queues["first"].alarm_after == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("written", "size"), [("100B", 100), ("64kB", 65_536), ("50MB", 52_428_800), ("1GB", 1 << 30)], ids=str
)
def test_sizes(written: str, size: int, tmp_path: Path) -> None:
    assert changed(tmp_path, "50MB", written).smtp[0].limits.size_limit == size


def test_an_ipv6_door(tmp_path: Path) -> None:
    (smtp,) = changed(tmp_path, "127.0.0.1:2525", "'[::1]:2525'").smtp

    assert (smtp.host, smtp.port) == ("::1", 2525)


def test_a_channel_of_another_kind_is_handed_on_with_its_places(tmp_path: Path) -> None:
    settings = changed(tmp_path, "channels:", "channels:\n  form: {kind: webform, path: /contact}")

    form = settings.channels[0]
    assert (form.name, form.kind, form.values.plain()) == ("form", "webform", {"path": "/contact"})
    assert form.values.value["path"].place.line == 7


def test_a_relay_takes_its_password_from_the_environment_and_never_shows_it(tmp_path: Path) -> None:  # case K01
    relay = "relay: {host: smtp.example.org, username: bot, password: {env: RELAY_PASSWORD}}\nagents:"
    settings = changed(tmp_path, "agents:", relay, {"RELAY_PASSWORD": "canary-4711"})

    assert settings.relay is not None
    assert (settings.relay.port, settings.relay.tls) == (25, Tls.REQUIRED)
    assert settings.relay.password.value == "canary-4711"
    assert "canary-4711" not in repr(settings) + str(settings.relay.password)


def test_a_relay_may_have_a_token_connections_and_keys_to_sign_with(tmp_path: Path) -> None:
    for name in ("token", "desk.pem"):
        (tmp_path / name).write_text("canary-4711\n", encoding="utf-8")
    dkim = "dkim: {Example.org: {selector: desk, key: desk.pem}}"
    relay = f"relay: {{host: h, username: bot, token_file: token, connections: 9, {dkim}}}\nagents:"
    settings = changed(tmp_path, "agents:", relay)

    assert settings.relay is not None
    assert (settings.relay.token_file, settings.relay.connections) == (tmp_path / "token", 9)
    assert settings.relay.dkim == (DkimKey("example.org", "desk", tmp_path / "desk.pem"),)
    assert "canary-4711" not in repr(settings)


def test_files_are_marked_unless_the_house_keeps_them_back(tmp_path: Path) -> None:
    assert changed(tmp_path, "agents:", "agents:").files == FilePolicy(FlaggedFiles.MARK, 25 << 20)
    kept_back = changed(tmp_path, "agents:", "attachments: {flagged: withhold, largest: 1MB}\nagents:").files
    assert kept_back == FilePolicy(FlaggedFiles.WITHHOLD, 1 << 20)


def test_secrets_come_from_files_without_their_line_break(tmp_path: Path) -> None:  # case K01
    (tmp_path / "url").write_text("postgresql+psycopg://bot:canary-4711@db/intakebot\n", encoding="utf-8")
    settings = changed(tmp_path, "agents:", "database: {url: {file: url}}\nagents:")

    assert settings.database_url == "postgresql+psycopg://bot:canary-4711@db/intakebot"
    assert "canary-4711" not in repr(settings)


def test_a_refused_secret_is_not_repeated_in_the_refusal(tmp_path: Path) -> None:  # case K01
    relay = "relay: {host: smtp.example.org, username: bot, password: canary-4711}\nagents:"

    with pytest.raises(ConfigError) as caught:
        changed(tmp_path, "agents:", relay)

    assert "canary-4711" not in str(caught.value)


def test_all_problems_are_listed_at_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        changed(tmp_path, "alarm_after: 4h", "alarm_after: soon\n    calendar: never\n    colour: red")

    assert [problem.line for problem in caught.value.problems] == [14, 15, 16]


def test_a_door_believes_the_servers_that_are_named_for_it(tmp_path: Path) -> None:
    named = "trusted_authserv_ids: {smtp: [MX.example.org, unnamed]}\nchannels:"
    assert changed(tmp_path, "channels:", named).trusted_servers == {"smtp": frozenset({"mx.example.org", "unnamed"})}


def test_a_door_that_checks_believes_itself(tmp_path: Path) -> None:
    settings = changed(tmp_path, "kind: smtp,", "kind: smtp, check_senders: true,")
    assert settings.smtp[0].check_senders
    assert settings.trusted_servers == {"smtp": frozenset({settings.service.host_name.lower()})}


def test_nobody_is_believed_unasked() -> None:
    assert load_settings(GOOD, {}).trusted_servers == {}


def test_a_door_says_whom_it_trusts_and_what_it_allows(tmp_path: Path) -> None:
    further = (
        "50MB, proxy_networks: [192.0.2.0/28, '2001:db8::/32'], trusted_networks: 127.0.0.1,"
        " max_hops: 30, min_rate: 1kB, greeting_delay: 3s, min_free_percent: 10"
    )
    (smtp,) = changed(tmp_path, "50MB", further).smtp

    assert smtp.proxy_networks == (ip_network("192.0.2.0/28"), ip_network("2001:db8::/32"))
    assert smtp.trusted_networks == (ip_network("127.0.0.1/32"),)
    assert (smtp.limits.max_hops, smtp.limits.min_rate, smtp.limits.min_free_share) == (30, 1024, 0.1)
    assert (smtp.limits.greeting_delay, smtp.limits.memory_limit) == (timedelta(seconds=3), 256 << 20)

"""Whom a fetched mail is from and to: what stands in its headers, within bounds."""

from __future__ import annotations

import pytest

from intakebot.channels.imap.letters import HEADERS_READ, NOBODY, incoming
from intakebot.channels.imap.mailbox import Mailbox, Security
from intakebot.domain.contact import Envelope

ADDRESS = "support@intakebot.example"
MAILBOX = Mailbox("post", "imap.example.net", 993, Security.IMPLICIT, ADDRESS, ADDRESS)


def envelope(headers: str) -> Envelope:
    return incoming(MAILBOX, headers.encode() + b"\r\n\r\nHello\r\n", None, lambda _address: True).envelope


@pytest.mark.parametrize(
    ("headers", "sender"),
    [
        pytest.param("Return-Path: <a@b.example>\r\nFrom: x@y.example", "a@b.example", id="return path"),
        pytest.param("Return-Path:\r\n <a@b.example>\r\nFrom: x@y.example", "a@b.example", id="folded"),
        pytest.param("Return-Path: <>\r\nFrom: x@y.example", "", id="null"),
        pytest.param("Return-Path: <MAILER-DAEMON>\r\nFrom: x@y.example", "", id="null of Sendmail"),
        pytest.param("Return-Path: <carla>\r\nFrom: x@y.example", "x@y.example", id="a name on the server"),
        pytest.param("From: Carla <x@y.example>", "x@y.example", id="none"),
        pytest.param("Subject: x", NOBODY, id="nobody"),
    ],
)
def test_the_sender_is_the_return_path_or_who_signs(headers: str, sender: str) -> None:
    assert envelope(headers).sender == sender


@pytest.mark.parametrize("name", ["Return-Path", "From", "Delivered-To", "X-Original-To", "Envelope-To"])
def test_only_the_start_of_a_field_is_looked_at(name: str) -> None:  # case F03: else it stops the loop for a minute
    mark = ADDRESS.replace("@", "+token@")
    found = envelope(f"{name}: {'a' * (HEADERS_READ - 100)} {mark}")
    assert (found.sender, found.recipients) == (NOBODY, (ADDRESS,))
    short = envelope(f"{name}: {mark}")
    assert mark in (short.sender, *short.recipients)

"""What holds of every message that was read, whatever its bytes: nothing in it breaks a header, a database, a page."""

from __future__ import annotations

from intakebot.domain.messages import ReadMessage
from intakebot.reading.defects import DEFECTS


def assert_sound(message: ReadMessage) -> None:
    """Raise AssertionError when something in the message would break who uses it."""
    lines = [
        message.message_id,
        message.subject,
        message.language,
        *message.in_reply_to,
        *message.references,
        *(part for field in message.headers for part in field),
        *(attachment.name for attachment in message.attachments),
    ]
    people = [*message.to, *message.cc, *message.reply_to, *([message.sender] if message.sender else [])]
    lines += [words for person in people for words in (person.address, person.name)]
    for line in lines:
        line.encode("utf-8")
        assert not any(ord(letter) < 32 or 127 <= ord(letter) < 160 for letter in line), repr(line)
    for text in (message.text, message.new_text, message.html):
        text.encode("utf-8")
        assert "\0" not in text
        assert "\r" not in text
    assert bool(message.new_text.strip()) == bool(message.text.strip())
    assert set(message.defects) <= set(DEFECTS)

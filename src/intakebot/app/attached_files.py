"""Gets the bytes of a file out of the message that it came with.

Called by the command line, in its own process: what reads hostile bytes there takes no service along. The raw message
is the one place where the bytes are, so nothing is stored twice, and what is saved is what came.
"""

from __future__ import annotations

from intakebot.domain.errors import NotFoundError
from intakebot.reading.chat import is_chat, read_chat
from intakebot.reading.message import read_message


def attached_file(channel: str, content: bytes, sha256: str) -> bytes:
    """The file with this hash in a raw message.

    Raises NotFoundError when the reader of today finds no such file there.
    """
    if is_chat(channel, content):
        message = read_chat(content)
    else:
        message = read_message(content, own_domains=frozenset(), languages=())
    for file in message.attachments:
        if file.sha256 == sha256:
            return file.content
    raise NotFoundError(
        "the message is read otherwise today than when it came; `intakebot contact content` has it as it came"
    )

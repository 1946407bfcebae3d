"""The list of everything that reading may find wrong with a message.

Every module of this room notes these codes; the documentation is generated from `DEFECTS`. A code is stable:
it is stored with the contact and rules may ask for it.
"""

from __future__ import annotations

from typing import Final

DEFECTS: Final[dict[str, str]] = {
    "message.too-long": "The message is longer than 50 MB; what lies beyond was not read.",
    "message.unreadable": "The message could not be understood at all; only the raw bytes are kept.",
    "headers.too-long": "The header block is longer than 256 KB; what lies beyond was not read.",
    "headers.too-many": "There are more than 1,000 header fields; the rest was not read.",
    "header.too-long": "A header field is longer than 8 KB; the rest of it was not read.",
    "header.malformed": "A line in the header block is no header field; it was left out.",
    "header.undecodable": "A header field could not be decoded; it is shown as it came.",
    "sender.missing": "There is no From field with a usable address; the sender is unverified.",
    "sender.several": "There are several From fields or From addresses; the sender is unverified.",
    "addresses.too-many": "There are more than 100 addresses; the rest was left out.",
    "addresses.unreadable": "An address field could not be read; it is left out.",
    "date.unreadable": "The Date field is no date; the time of receipt counts.",
    "body.unreadable": "The body could not be taken apart; its first 20 KB are shown as text.",
    "body.repaired": "The body breaks the MIME rules and was read by the tolerant reader.",
    "parts.too-many": "There are more than 1,000 parts (100 files in a chat message); the rest was left out.",
    "part.undecodable": "A part could not be decoded; it is kept as an attachment as it came.",
    "text.wrong-charset": "A text does not fit its declared character set; another was taken.",
    "text.too-long": "There are more than 5 MB of text; the rest of it is only in the raw message.",
    "html.unreadable": "An HTML part could not be rendered as text.",
    "tnef.unreadable": "A winmail.dat could not be taken apart within 5 s, 512 MB and 10 MB; it stays an attachment.",
    "calendar.unreadable": "A calendar part could not be read; it stays an attachment.",
    "trim.failed": "The quotes could not be told from the new words; the whole text is shown.",
    "machine.unreadable": "The signs of machine mail could not be read; the message is taken as a person's.",
    "bounce.unreadable": "The bounce could not be taken apart; the recipients are not known.",
    "file.too-large": "A file of a chat message is larger than we take; it was left where it is.",
    "file.unavailable": "A file of a chat message could not be fetched; only the message is kept.",
    "language.unknown": "The language could not be determined.",
}

"""What storage says of a case, and of all that may matter to a contact: records that use cases decide by.

Made by storage, asked for through `ports.Store` and `ports.Archive`; plain values, read once, changed by nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from intakebot.domain.case import Case, Task
from intakebot.domain.customer import Caller, CustomerRecord
from intakebot.domain.delivery import Delivery


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case as a decision needs it: the case, its tasks, its caller, and the ids of its mail thread.

    `deliveries` are the ones that are owed or being sent. `thread` has the ids of the conversation, and of what was
    said beside it in a chat, oldest first; `automatic_replies` counts the automatic replies that this case has caused
    so far. `touched_at` is when a person or the caller last did something with it; what rules and timers do counts for
    nothing.
    """

    case: Case
    tasks: tuple[Task, ...]
    caller: Caller | None
    thread: tuple[str, ...]
    deliveries: tuple[Delivery, ...]
    automatic_replies: int
    received_at_address: str
    touched_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Clues:
    """What a contact offers to be recognised by; storage looks all of it up at once for a whole batch.

    `message_ids` are the ids that it answers, newest first; `quoted_keys` support keys as quoted (upper case);
    `bounced_ids` the Message-IDs of our own messages that machine mail is about, `bounced_deliveries` the deliveries
    that its return path proves, `bounced_addresses` (lower case) whom a bounce names. `answer_to` is where an answer
    would go when that is not the sender's address (a thread); `room_of` the reference of the customer whose room it
    came from, `claimed` a mail address that the sender's profile names; both may be ''.
    """

    channel: str
    sender: str
    message_ids: tuple[str, ...]
    quoted_keys: tuple[str, ...]
    bounced_ids: tuple[str, ...] = ()
    answer_to: str = ""
    room_of: str = ""
    claimed: str = ""
    bounced_deliveries: tuple[int, ...] = ()
    bounced_addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What storage knows around a contact.

    `caller` by address; `customer` the caller's (by record, else by the sender's domain, else the room's);
    `threads` the cases that the quoted message ids belong to, in the order of the ids, without repetition;
    `open_cases` the customer's (else the caller's) cases that have not ended; `key_owners` the customer record of
    every quoted key that exists; `bounced` the deliveries that a bounce proves to know, `suspected` the newest of the
    last weeks to the addresses that it names, which proves nothing; `replies_today` counts automatic replies in the
    last 24 h to where an answer would go, `replies_everywhere` those of the last hour to anybody; `bounced_at` is when
    a mail to where an answer would go last came back; `proposed` is the customer that the claimed address belongs to,
    for a person to confirm.
    """

    caller: Caller | None
    customer: CustomerRecord | None
    threads: tuple[CaseFile, ...]
    open_cases: tuple[CaseFile, ...]
    key_owners: Mapping[str, CustomerRecord]
    bounced: tuple[tuple[Delivery, CaseFile], ...]
    replies_today: int
    proposed: CustomerRecord | None = None
    suspected: tuple[tuple[Delivery, CaseFile], ...] = ()
    replies_everywhere: int = 0
    bounced_at: datetime | None = None

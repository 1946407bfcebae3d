"""A connection's tokens as rows: sealed by whoever saves them, renewed by one process at a time.

Called by `chat_records`. The right to renew is a lease, taken by compare-and-set; saving the new pair gives it back
in the same transaction, so that a refresh token, which works once, is never used twice.
"""

from __future__ import annotations

from sqlalchemy import Connection, bindparam, or_, update

from intakebot.domain.errors import ConflictError
from intakebot.ports.chat_store import Claim, StoredTokens
from intakebot.storage.chat_tables import chat_tokens
from intakebot.storage.rows import insert_rows

_CLAIM = (
    update(chat_tokens)
    .where(
        chat_tokens.c.name == bindparam("this_name"),
        or_(
            chat_tokens.c.lease_until.is_(None),
            chat_tokens.c.lease_until <= bindparam("now"),
        ),
    )
    .values(lease_until=bindparam("until"), holder=bindparam("new_holder"))
)
_SAVE = (
    update(chat_tokens)
    .where(chat_tokens.c.name == bindparam("this_name"), chat_tokens.c.holder == bindparam("holder"))
    .values(
        access=bindparam("new_access"),
        refresh=bindparam("new_refresh"),
        expires_at=bindparam("new_expires_at"),
        version=chat_tokens.c.version + 1,
        lease_until=None,
        holder=None,
    )
)


def claim_tokens(connection: Connection, name: str, claim: Claim) -> bool:
    """Take the right to renew, unless somebody holds it; the first claim of a name makes its row."""
    row = {
        "name": name,
        "access": "",
        "refresh": "",
        "expires_at": None,
        "lease_until": None,
        "holder": None,
        "version": 0,
    }
    insert_rows(connection, chat_tokens, [row], updating=())
    asked = {"this_name": name, "now": claim.at, "until": claim.until, "new_holder": claim.holder}
    return connection.execute(_CLAIM, asked).rowcount == 1


def save_tokens(connection: Connection, tokens: StoredTokens, holder: int) -> None:
    """Replace the pair; raises ConflictError when the lease is not the holder's, because it ran out and was taken."""
    new = {
        "this_name": tokens.name,
        "holder": holder,
        "new_access": tokens.access,
        "new_refresh": tokens.refresh,
        "new_expires_at": tokens.expires_at,
    }
    if connection.execute(_SAVE, new).rowcount != 1:
        raise ConflictError(f"the tokens of {tokens.name} are renewed by somebody else; load them again")

"""Reply tokens: what ties an answer to a case and to the person it was sent to.

A token is an HMAC-SHA256 (truncated to 128 bits, in hex) over case and recipient, so nobody can make one for a
case they know the number of, and one that was forwarded proves nothing for another sender. It travels in the
plus-address of Reply-To and in our Message-IDs.
"""

from __future__ import annotations

import hmac

_LETTERS = 32


def reply_token(key: bytes, case_id: int, recipient: str) -> str:
    """The token of a case for one recipient: 32 hexadecimal digits."""
    return hmac.digest(key, f"{case_id}:{recipient.lower()}".encode(), "sha256").hex()[:_LETTERS]


def token_fits(key: bytes, token: str, case_id: int, sender: str) -> bool:
    """Whether `token` is the one of this case for this sender; compared in constant time."""
    return hmac.compare_digest(token.encode(), reply_token(key, case_id, sender).encode())


def plus_address(address: str, token: str) -> str:
    """`local+token@domain`."""
    local, _, domain = address.rpartition("@")
    return f"{local}+{token}@{domain}"


def token_in(address: str) -> str:
    """The token behind the plus of an address, lower case, or ''."""
    return address.rpartition("@")[0].partition("+")[2].lower()

"""Bounce addresses: the return path of our mail names the delivery, so that a bounce finds what it answers.

`local+b-<delivery><proof>@domain` is made of the address that the mail is answered at, so that it arrives wherever
answers arrive, in a mailbox too. The proof is an HMAC-SHA256 (128 bits) over the delivery: nobody who did not get
the mail can say that it bounced. Senders call `bounce_address` for MAIL FROM; doors and registration ask
`delivery_of_bounce`. Pure.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from collections.abc import Sequence

_MARK = "b-"
_ID_OCTETS, _PROOF_OCTETS = 8, 16
_MOST_LOCAL_OCTETS = 64  # RFC 5321 4.5.3.1.1
_TOKEN = re.compile(r"b-([a-z2-7]{39})")  # 24 octets, in letters that survive any change of case


def bounce_address(key: bytes, reply_address: str, delivery_id: int) -> str:
    """The MAIL FROM address of a delivery that is answered at `reply_address`.

    It is `reply_address` itself where the local part would be too long for some hosts (above 22 octets); a bounce
    is then known by the Message-ID that it returns.
    """
    local, _, domain = reply_address.rpartition("@")
    number = delivery_id.to_bytes(_ID_OCTETS, "big")
    token = b32encode(number + _proof(key, number)).decode().rstrip("=").lower()
    bounced = f"{local}+{_MARK}{token}"
    return f"{bounced}@{domain}" if len(bounced.encode()) <= _MOST_LOCAL_OCTETS else reply_address


def delivery_of_bounce(keys: Sequence[bytes], address: str) -> int | None:
    """The delivery that an address names as bounced; None for every address that this house did not make.

    `keys` are all that it may have been made with: a mail may come back days after the key was changed.
    """
    found = _TOKEN.fullmatch(address.rpartition("@")[0].rpartition("+")[2].lower())
    if found is None:
        return None
    octets = b32decode(found[1].upper() + "=")
    number, proof = octets[:_ID_OCTETS], octets[_ID_OCTETS:]
    ours = any(hmac.compare_digest(proof, _proof(key, number)) for key in keys)
    return int.from_bytes(number, "big") if ours else None


def _proof(key: bytes, number: bytes) -> bytes:
    return hmac.digest(key, b"bounce of " + number, "sha256")[:_PROOF_OCTETS]

"""Whether a request that came by HTTP is Slack's: its signature, by one of the secrets that hold, and its age.

Asked by `app` about the raw bytes, before anything is read out of them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from slack_sdk.signature import SignatureVerifier

_STAMP = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE = re.compile(r"v0=[0-9a-f]{64}", re.ASCII)


class Signatures:
    """`secrets`: the signing secret, and while it is being changed (24 h) the old one as well."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self._verifiers = [SignatureVerifier(secret) for secret in secrets]

    def valid(self, body: bytes, headers: Mapping[str, str]) -> bool:
        """Whether Slack signed these bytes within the last five minutes. `headers` by lower-case name."""
        stamp = headers.get("x-slack-request-timestamp", "")
        signature = headers.get("x-slack-signature", "")
        if not _STAMP.fullmatch(stamp) or not _SIGNATURE.fullmatch(signature):
            return False  # the verifier raises over these
        try:
            text = body.decode()
        except UnicodeDecodeError:
            return False
        return any(verifier.is_valid(text, stamp, signature) for verifier in self._verifiers)

"""Proof that a connection may take a session up again: a secret that nobody needs to keep, made from a key of the
installation. It survives a restart of the server. Never logged, never compared byte by byte.
"""

from __future__ import annotations

import hmac
import secrets
from hashlib import sha256

from server.meeting.facts import Role

_PURPOSE = b"balai room session\x00"  # the same key may sign other things


def new_session_id() -> str:
    """96 bits: unguessable, though nothing rests on that."""
    return secrets.token_hex(12)


class SessionSecrets:
    """Secrets of sessions, derived from `key` (at least 32 bytes)."""

    def __init__(self, key: bytes) -> None:
        if len(key) < 32:
            raise ValueError("the key is too short")
        self._key = key

    def secret(self, meeting_id: str, person_id: str, role: Role, session_id: str) -> str:
        """Bound to the role too: who has another one now sees other things, and comes in anew."""
        message = _PURPOSE + "\x00".join((meeting_id, person_id, role, session_id)).encode()
        return hmac.new(self._key, message, sha256).hexdigest()

    def fits(self, secret: str, meeting_id: str, person_id: str, role: Role, session_id: str) -> bool:
        """In constant time."""
        return hmac.compare_digest(secret.encode(), self.secret(meeting_id, person_id, role, session_id).encode())

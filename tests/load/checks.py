"""The ICE side of a synthetic participant: the STUN binding requests a controlling full agent sends to an ICE-lite
server (RFC 8445 section 7.1, RFC 8489). Pure: bytes in, bytes out; no socket, no clock."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from aioice import stun

# RFC 8445 section 5.1.2.1: type preference 126 (host), local preference 65535, component 1.
HOST_PRIORITY = (126 << 24) | (65535 << 8) | 255


@dataclass(frozen=True)
class IceCredentials:
    """One side's `iceParameters` as mediasoup-client names them."""

    username_fragment: str
    password: str

    @classmethod
    def random(cls) -> IceCredentials:
        return cls(username_fragment=os.urandom(4).hex(), password=os.urandom(16).hex())


@dataclass
class BindingChecks:
    """Makes the checks of one controlling agent and recognises the answers to them."""

    remote: IceCredentials
    local: IceCredentials = field(default_factory=IceCredentials.random)
    tie_breaker: int = field(default_factory=lambda: int.from_bytes(os.urandom(8), "big"))
    succeeded: bool = False
    _open_transactions: set[bytes] = field(default_factory=set)

    def request(self) -> bytes:
        """A nominating binding request: USERNAME is "theirs:ours", the key their password (RFC 8445 section 7.2.2)."""
        message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        message.attributes["USERNAME"] = f"{self.remote.username_fragment}:{self.local.username_fragment}"
        message.attributes["PRIORITY"] = HOST_PRIORITY
        message.attributes["ICE-CONTROLLING"] = self.tie_breaker
        message.attributes["USE-CANDIDATE"] = None
        message.add_message_integrity(self.remote.password.encode())
        message.add_fingerprint()
        self._open_transactions.add(message.transaction_id)
        return bytes(message)

    def accept(self, data: bytes) -> bool:
        """True when `data` is the signed success answer to one of our requests; anything else is ignored."""
        try:
            message = stun.parse_message(data)
        except ValueError:
            return False
        if message.transaction_id not in self._open_transactions or message.message_class != stun.Class.RESPONSE:
            return False
        if not message.check_message_integrity(self.remote.password.encode()):
            return False
        # Older requests may stay unanswered; forgetting them keeps the set small for a whole meeting.
        self._open_transactions.clear()
        self.succeeded = True
        return True

    def answer(self, data: bytes, source: tuple[str, int]) -> bytes | None:
        """What a full agent says to a check that is signed with our password (RFC 8445 section 7.3); else None.

        An ICE-lite server sends none; libnice does even so.
        """
        try:
            message = stun.parse_message(data)
        except ValueError:
            return None
        if message.message_class != stun.Class.REQUEST or message.message_method != stun.Method.BINDING:
            return None
        if not message.check_message_integrity(self.local.password.encode()):
            return None
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, transaction_id=message.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = source
        answer.add_message_integrity(self.local.password.encode())
        answer.add_fingerprint()
        return bytes(answer)

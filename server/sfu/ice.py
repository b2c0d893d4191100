"""ICE-lite (RFC 8445 2.5): who may use which address, decided from signed STUN requests alone. No socket, no clock."""

from __future__ import annotations

import secrets
import struct
from dataclasses import dataclass
from typing import Generic, TypeVar

from aioice import stun

CONSENT_MS = 15_000  # RFC 7675 gives 30 s; the fastest browser asks every 2.5 s, the slowest every 5
FRAGMENT_BYTES = 6
PASSWORD_BYTES = 18
LONGEST_REQUEST_BYTES = 548  # RFC 8489 6.1: what fits without knowing the path
HEADER_BYTES = 20
# Refusals that go out in a second, to whomever: a browser needs one only after its room was closed, and a sender of
# forged addresses shall not have others answered at their expense. Authentic checks are always answered.
REFUSALS_PER_SECOND = 200

UDP_TYPE_PREFERENCE, TCP_TYPE_PREFERENCE = 126, 90  # RFC 8445 5.1.2.2; RFC 6544 4.2: below all UDP

_COOKIE = stun.COOKIE.to_bytes(4, "big")
_USERNAME = b"\x00\x06"

Address = tuple[str, int]
_Owner = TypeVar("_Owner")


@dataclass(frozen=True, slots=True)
class IceCredentials:
    """Our half: the user fragment and the password that the browser signs its checks with."""

    fragment: str
    password: str

    @classmethod
    def random(cls) -> IceCredentials:
        """Characters of RFC 8839 5.4 only."""
        return cls(_ice_characters(FRAGMENT_BYTES), _ice_characters(PASSWORD_BYTES))

    def to_json(self) -> dict[str, object]:
        return {"usernameFragment": self.fragment, "password": self.password, "iceLite": True}


def _ice_characters(size: int) -> str:
    return secrets.token_urlsafe(size).replace("-", "+").replace("_", "/")


def candidate(address: str, port: int, protocol: str, index: int) -> dict[str, object]:
    """One host candidate in mediasoup-client's form; TCP ones are passive (RFC 6544 4.1)."""
    preference = UDP_TYPE_PREFERENCE if protocol == "udp" else TCP_TYPE_PREFERENCE
    found: dict[str, object] = {
        "foundation": f"{protocol}{index}",
        "priority": preference << 24 | (65535 - index) << 8 | 255,
        "ip": address,
        "address": address,
        "protocol": protocol,
        "port": port,
        "type": "host",
    }
    if protocol == "tcp":
        found["tcpType"] = "passive"
    return found


class IceSession(Generic[_Owner]):
    """One transport's credentials. After a restart the old ones stay valid until a check with the new ones."""

    __slots__ = ("credentials", "owner", "previous")

    def __init__(self, owner: _Owner) -> None:
        self.owner = owner
        self.credentials = IceCredentials.random()
        self.previous: IceCredentials | None = None


@dataclass(frozen=True, slots=True)
class Check(Generic[_Owner]):
    """What a STUN request came to: an answer to send back, and, only when it was authentic, whose it was."""

    reply: bytes
    owner: _Owner | None = None
    nominated: bool = False


class IceLite(Generic[_Owner]):
    """All sessions of one media process, found by the user fragment before the colon."""

    def __init__(self) -> None:
        self._sessions: dict[str, IceSession[_Owner]] = {}
        self._refusals = REFUSALS_PER_SECOND

    def renew(self) -> None:
        """Every second: refusals may go out again."""
        self._refusals = REFUSALS_PER_SECOND

    def open(self, owner: _Owner) -> IceSession[_Owner]:
        session = IceSession(owner)
        self._sessions[session.credentials.fragment] = session
        return session

    def restart(self, session: IceSession[_Owner]) -> IceCredentials:
        """New credentials; a second restart before any check forgets the first one's."""
        if session.previous is None:
            session.previous = session.credentials
        else:
            del self._sessions[session.credentials.fragment]
        session.credentials = IceCredentials.random()
        self._sessions[session.credentials.fragment] = session
        return session.credentials

    def close(self, session: IceSession[_Owner]) -> None:
        for credentials in (session.credentials, session.previous):
            if credentials is not None:
                self._sessions.pop(credentials.fragment, None)

    def answer(self, data: bytes, source: Address) -> Check[_Owner] | None:  # noqa: PLR0911 - one per way to fail
        """None: not a request, nothing to say. Nothing is remembered of a request that is not authentic."""
        if not _well_formed(data) or (self._refusals <= 0 and _fragment(data) not in self._sessions):
            return None  # neither a checksum nor a key is spent on it
        message = _parse(data)
        if message is None:
            return None
        username = message.attributes.get("USERNAME")
        if username is None or "MESSAGE-INTEGRITY" not in message.attributes:
            return self._refuse(message, 400, "Bad Request")
        fragment = username.split(":", 1)[0]
        session = self._sessions.get(fragment)
        if session is None:
            return self._refuse(message, 401, "Unauthorized")
        used = session.credentials
        if used.fragment != fragment and session.previous is not None:
            used = session.previous
        key = used.password.encode()
        if not message.check_message_integrity(key):
            return self._refuse(message, 401, "Unauthorized")
        if "ICE-CONTROLLED" in message.attributes:
            return Check(
                _refusal(message, 487, "Role Conflict", key)
            )  # RFC 8445 7.3.1.1: a lite agent stays controlled
        if used is session.credentials and session.previous is not None:
            del self._sessions[session.previous.fragment]
            session.previous = None
        answer = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, message.transaction_id)
        answer.attributes["XOR-MAPPED-ADDRESS"] = (source[0].partition("%")[0], source[1])
        answer.add_message_integrity(key)
        return Check(bytes(answer), session.owner, "USE-CANDIDATE" in message.attributes)

    def _refuse(self, message: stun.Message, code: int, reason: str) -> Check[_Owner] | None:
        if self._refusals <= 0:
            return None
        self._refusals -= 1
        return Check(_refusal(message, code, reason))


def _well_formed(data: bytes) -> bool:
    """A binding request whose attributes end where it does (RFC 8489 14); the parser beyond takes what is cut short."""
    size = len(data)
    if not HEADER_BYTES <= size <= LONGEST_REQUEST_BYTES or data[:2] != b"\x00\x01" or data[4:8] != _COOKIE:
        return False
    at = HEADER_BYTES
    while at + 4 <= size:
        at += 4 + (int.from_bytes(data[at + 2 : at + 4], "big") + 3 & ~3)
    return at == size


def _fragment(data: bytes) -> str:
    """Our half of the first USERNAME of a well-formed request, "" without one."""
    at = HEADER_BYTES
    while at < len(data):
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        if data[at : at + 2] == _USERNAME:
            return data[at + 4 : at + 4 + length].partition(b":")[0].decode("ascii", "replace")
        at += 4 + (length + 3 & ~3)
    return ""


def _parse(data: bytes) -> stun.Message | None:
    """A binding request with a correct FINGERPRINT, else None."""
    try:
        message = stun.parse_message(data)
    except (ValueError, struct.error):
        return None
    is_request = message.message_class == stun.Class.REQUEST and message.message_method == stun.Method.BINDING
    return message if is_request and "FINGERPRINT" in message.attributes else None


def _refusal(request: stun.Message, code: int, reason: str, key: bytes | None = None) -> bytes:
    answer = stun.Message(stun.Method.BINDING, stun.Class.ERROR, request.transaction_id)
    answer.attributes["ERROR-CODE"] = (code, reason)
    if key is None:
        answer.add_fingerprint()
    else:
        answer.add_message_integrity(key)
    return bytes(answer)

"""ICE-lite (RFC 8445 2.5): credentials, answers to connectivity checks, candidates. Only an authenticated check counts.

No socket here: bytes in, bytes out. No request is ever sent, no candidate of a browser is ever read.
"""

from __future__ import annotations

import secrets
import struct
from collections.abc import Sequence
from typing import Generic, NamedTuple, TypeVar

from aioice.stun import Class, Message, Method, parse_message

OwnerT = TypeVar("OwnerT")

ICE_CONTROLLED, ICE_CONTROLLING = "ICE-CONTROLLED", "ICE-CONTROLLING"
UNAUTHORIZED = (401, "Unauthorized")
ROLE_CONFLICT = (487, "Role Conflict")
#: RFC 8445 5.1.2.1: type preference 126 for host candidates; RFC 6544 4.2: TCP below UDP
UDP_PREFERENCE, TCP_PREFERENCE = 126, 90


class Credentials(NamedTuple):
    """One side's ice-ufrag and ice-pwd (RFC 8839 5.4: at least 24 and 128 bits of randomness)."""

    fragment: str
    password: str

    def to_ortc(self) -> dict[str, object]:
        return {"usernameFragment": self.fragment, "password": self.password, "iceLite": True}


def new_credentials() -> Credentials:
    return Credentials(secrets.token_hex(8), secrets.token_hex(16))


class Check(NamedTuple, Generic[OwnerT]):
    """The answer to one request. owner: whose it is when it was authentic, else None."""

    reply: bytes
    owner: OwnerT | None
    nominated: bool


class IceRegistry(Generic[OwnerT]):
    """USERNAME -> who it belongs to. An owner has one pair of credentials, for a while two (RFC 8445 9: a restart)."""

    def __init__(self) -> None:
        self._known: dict[str, tuple[OwnerT, str]] = {}
        self._of: dict[OwnerT, list[str]] = {}

    def add(self, owner: OwnerT) -> Credentials:
        """New credentials. Those before stay valid until a check with the new ones arrives; older ones end now."""
        fresh = new_credentials()
        fragments = self._of.setdefault(owner, [])
        while len(fragments) > 1:
            del self._known[fragments.pop(0)]
        fragments.append(fresh.fragment)
        self._known[fresh.fragment] = (owner, fresh.password)
        return fresh

    def remove(self, owner: OwnerT) -> None:
        for fragment in self._of.pop(owner, ()):
            del self._known[fragment]

    def answer(self, data: bytes, address: tuple[str, int]) -> Check[OwnerT] | None:
        """None for what deserves no answer: not a binding request, malformed, a wrong FINGERPRINT."""
        try:
            request = parse_message(data)
        except (ValueError, struct.error):
            return None
        if request.message_class is not Class.REQUEST or request.message_method is not Method.BINDING:
            return None
        fragment = str(request.attributes.get("USERNAME", "")).partition(":")[0]
        owner, password = self._known.get(fragment, (None, ""))
        key = password.encode()
        if owner is None or not request.check_message_integrity(key):
            return Check(_refusal(request, UNAUTHORIZED, None), None, False)
        if ICE_CONTROLLED in request.attributes:
            # RFC 8445 7.3.1.1: a lite agent is always the controlled one.
            return Check(_refusal(request, ROLE_CONFLICT, key), None, False)
        self._retire_older(owner, fragment)
        response = Message(Method.BINDING, Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = address[:2]
        response.add_message_integrity(key)
        return Check(bytes(response), owner, "USE-CANDIDATE" in request.attributes)

    def _retire_older(self, owner: OwnerT, fragment: str) -> None:
        fragments = self._of[owner]
        while fragments[0] != fragment:
            if fragment != fragments[-1]:
                return
            del self._known[fragments.pop(0)]


def _refusal(request: Message, reason: tuple[int, str], key: bytes | None) -> bytes:
    response = Message(Method.BINDING, Class.ERROR, request.transaction_id)
    response.attributes["ERROR-CODE"] = reason
    if key is None:
        response.add_fingerprint()
    else:
        response.add_message_integrity(key)
    return bytes(response)


def candidates(addresses: Sequence[str], udp_ports: Sequence[int], tcp_ports: Sequence[int]) -> list[dict[str, object]]:
    """Host candidates in mediasoup-client's form, UDP before TCP (RFC 6544 4.5: passive); ports pairwise."""
    found: list[dict[str, object]] = []
    for protocol, preference, ports in (("udp", UDP_PREFERENCE, udp_ports), ("tcp", TCP_PREFERENCE, tcp_ports)):
        for place, (address, port) in enumerate(zip(addresses, ports, strict=True)):
            candidate: dict[str, object] = {
                "foundation": f"{protocol}{place}",
                # RFC 8445 5.1.2.1; component 1, for RTP and RTCP share it
                "priority": preference << 24 | (65535 - place) << 8 | 255,
                "ip": address,
                "address": address,
                "protocol": protocol,
                "port": port,
                "type": "host",
            }
            if protocol == "tcp":
                candidate["tcpType"] = "passive"
            found.append(candidate)
    return found

"""TURN servers as browsers are told of them, with credentials that end by themselves (coturn's REST scheme). Pure."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha1

from server.meeting.ports import Ortc


@dataclass(frozen=True, slots=True)
class TurnServer:
    """`secret`: shared with the TURN server (coturn: use-auth-secret, static-auth-secret); else a fixed username and
    password, or neither. urls: turn:host:port?transport=udp|tcp, turns:…, stun:…"""

    urls: tuple[str, ...]
    secret: str = ""
    username: str = ""
    password: str = ""
    ttl_minutes: int = 480  # longer than a meeting: the server asks again whenever the allocation is refreshed


def ice_servers(servers: Sequence[TurnServer], user_id: str, now_ms: int) -> tuple[Ortc, ...]:
    """RTCIceServer dictionaries for one session."""
    return tuple(_ice_server(one, user_id, now_ms) for one in servers)


def _ice_server(server: TurnServer, user_id: str, now_ms: int) -> Ortc:
    urls = list(server.urls)
    if server.secret:
        username, password = credentials(server.secret, user_id, now_ms // 1000 + server.ttl_minutes * 60)
        return {"urls": urls, "username": username, "credential": password}
    if server.username:
        return {"urls": urls, "username": server.username, "credential": server.password}
    return {"urls": urls}


def credentials(secret: str, user_id: str, expires_s: int) -> tuple[str, str]:
    """Username and password (draft-uberti-behave-turn-rest-00, 2.2; HMAC-SHA1 is what the scheme names)."""
    username = f"{expires_s}:{user_id}"
    digest = hmac.new(secret.encode(), username.encode(), sha1).digest()
    return username, base64.b64encode(digest).decode()

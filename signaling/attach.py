"""Hangs the conversation with browsers into the web server; what server/app.py calls. The pieces are made here only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import socketio
from aiohttp.web import Application

from server.clock import Clock
from server.identity.ports import Doorkeeper
from server.meeting.ports import MediaPlane
from server.tasks import TaskOwner
from signaling.entrance import Entrance
from signaling.messages import MAX_PACKET_BYTES
from signaling.namespace import NAMESPACE, RoomNamespace, StrictJson
from signaling.ports import Meetings
from signaling.sessions import SessionSecrets
from signaling.translate import Sentences
from signaling.watchers import Watchers

# A cable that is pulled is noticed by both sides after at most their sum; 8 s of grace follow at the server.
PING_EVERY_S = 5
PING_TIMEOUT_S = 5
WAITING_GRACE_S = 15.0


@dataclass(frozen=True, slots=True)
class Signaling:
    """`audience` is where the meetings tell what happened."""

    audience: Watchers
    namespace: RoomNamespace
    server: socketio.AsyncServer

    async def look_again(self) -> int:
        """To be called after anything was revoked (an account, a browser session, a personal link): connections whose
        ticket no longer holds get `bye revoked`. Returns how many."""
        return await self.namespace.look_again()

    async def close(self) -> None:
        """Connections end; clients come back by themselves when there is a server again."""
        await self.namespace.close()
        await self.server.shutdown()


def attach(
    app: Application,
    *,
    meetings: Meetings,
    audience: Watchers,
    plane: MediaPlane,
    doorkeeper: Doorkeeper,
    sentences: Sentences,
    clock: Clock,
    secret_key: bytes,
    tasks: TaskOwner,
    origins: Sequence[str] | None = None,
    waiting_grace_s: float = WAITING_GRACE_S,
) -> Signaling:
    """Serve Socket.IO under /socket.io/ of `app`. `origins`: the office's own addresses, where a proxy hides them from
    us; None: only pages from the very host that is asked. `secret_key`: 32 bytes or more, the same after a restart."""
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        namespaces=[NAMESPACE],
        cors_allowed_origins=list(origins) if origins else None,
        max_http_buffer_size=MAX_PACKET_BYTES,
        ping_interval=PING_EVERY_S,
        ping_timeout=PING_TIMEOUT_S,
        json=StrictJson,
    )
    namespace = RoomNamespace(
        meetings=meetings,
        plane=plane,
        doorkeeper=doorkeeper,
        sentences=sentences,
        entrance=Entrance(meetings, plane, audience, SessionSecrets(secret_key), clock),
        watchers=audience,
        clock=clock,
        tasks=tasks,
        waiting_grace_s=waiting_grace_s,
    )
    server.register_namespace(namespace)
    server.attach(app)
    return Signaling(audience, namespace, server)

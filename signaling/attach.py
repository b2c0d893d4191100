"""Hangs the conversation with browsers into the web server; what server/app.py calls. The pieces are made here only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp.web import Application

from server.clock import Clock
from server.identity.ports import Doorkeeper
from server.meeting.ports import MediaPlane
from server.tasks import TaskOwner
from signaling.entrance import Entrance
from signaling.namespace import RoomNamespace, serve
from signaling.notes import Scribes
from signaling.ports import Meetings, Notes
from signaling.sessions import SessionSecrets
from signaling.translate import Sentences
from signaling.watchers import Watchers

WAITING_GRACE_S = 15.0


@dataclass(frozen=True, slots=True)
class Signaling:
    """`audience` is where the meetings tell what happened."""

    audience: Watchers
    namespace: RoomNamespace

    async def look_again(self) -> int:
        """To be called after anything was revoked (an account, a browser session, a personal link): connections whose
        ticket no longer holds get `bye revoked`. Returns how many."""
        return await self.namespace.look_again()

    async def close(self) -> None:
        """Connections end; clients come back by themselves when there is a server again."""
        await self.namespace.close()


def attach(
    app: Application,
    *,
    rooms: Meetings,
    audience: Watchers,
    plane: MediaPlane,
    doorkeeper: Doorkeeper,
    sentences: Sentences,
    clock: Clock,
    secret_key: bytes,
    tasks: TaskOwner,
    notes: Notes,
    scribes: Scribes,
    origins: Sequence[str] | None = None,
    waiting_grace_s: float = WAITING_GRACE_S,
) -> Signaling:
    """Serve Socket.IO under /socket.io/ of `app`. `origins`: the office's own addresses, where a proxy hides them from
    us; None: only pages from the very host that is asked. `secret_key`: 32 bytes or more, the same after a restart."""
    namespace = RoomNamespace(
        meetings=rooms,
        plane=plane,
        doorkeeper=doorkeeper,
        sentences=sentences,
        entrance=Entrance(rooms, plane, audience, SessionSecrets(secret_key), clock),
        watchers=audience,
        clock=clock,
        tasks=tasks,
        waiting_grace_s=waiting_grace_s,
        notes=notes,
        scribes=scribes,
    )
    serve(app, namespace, origins)
    return Signaling(audience, namespace)

"""The Socket.IO namespace /room: reads, limits, answers. The only file that knows `socketio`. It decides nothing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any

import socketio
from aiohttp.web import Application
from engineio.packet import MESSAGE
from engineio.packet import Packet as EngineMessage
from socketio.packet import EVENT
from socketio.packet import Packet as SocketPacket

from server.clock import Clock
from server.errors import BalaiError, Invalid, Refused, Unauthenticated
from server.identity.ports import Admission, Doorkeeper
from server.meeting import commands
from server.meeting.commands import Actor
from server.meeting.ports import MediaPlane
from server.meeting.roles import LEADERS
from server.tasks import TaskOwner
from signaling import messages, reading, translate
from signaling.desk import Desk
from signaling.entrance import Entrance, Newcomer, waiting_id
from signaling.guests import Guest, GuestWaiter, SocketChannel
from signaling.limits import COMMANDS, ENTRIES, HOPELESS, MEDIA, NOTES, Bucket
from signaling.messages import Enter, Handshake
from signaling.notes import Scribe, Scribes
from signaling.outbox import Outbox
from signaling.ports import Meetings, Notes
from signaling.shared import Shared
from signaling.translate import Sentences, Wire
from signaling.watchers import Watchers

NAMESPACE = "/room"
# A cable that is pulled is noticed by both sides after at most their sum; 8 s of grace follow at the server.
PING_EVERY_S = 5
PING_TIMEOUT_S = 5
MAX_CONNECTIONS = 12  # of one person or guest in one meeting, tabs that wait for a grace to end included


class RoomNamespace(socketio.AsyncNamespace):  # type: ignore[misc]  # python-socketio has no types
    """Every handler is short: read, limit, pass on, answer."""

    def __init__(
        self,
        *,
        meetings: Meetings,
        plane: MediaPlane,
        doorkeeper: Doorkeeper,
        sentences: Sentences,
        entrance: Entrance,
        watchers: Watchers,
        clock: Clock,
        tasks: TaskOwner,
        waiting_grace_s: float,
        notes: Notes,
        scribes: Scribes,
    ) -> None:
        super().__init__(NAMESPACE)
        self._meetings = meetings
        self._plane = plane
        self._doorkeeper = doorkeeper
        self._sentences = sentences
        self._entrance = entrance
        self._watchers = watchers
        self._clock = clock
        self._tasks = tasks
        self._waiting_grace_s = waiting_grace_s
        self._notes_desk = notes
        self._scribes = scribes
        self._guests: dict[str, Guest] = {}

    async def trigger_event(self, event: str, *args: Any) -> Any:
        """Only the documented events, with the documented number of arguments."""
        sid = str(args[0])
        if event == "connect":
            return await self._connect(sid, args[2] if len(args) > 2 else None)
        guest = self._guests.get(sid)
        if guest is None:
            return None
        if event == "disconnect":
            return await self._disconnect(guest)
        payload = args[1] if len(args) == 2 else None
        handlers: dict[str, Callable[[Guest, object], Awaitable[Wire]]] = {
            "enter": self._enter,
            "command": self._command,
            "media": self._media,
            "notes": self._notes,
        }
        if event not in handlers:
            return self._error(guest, Invalid("message.invalid", field="event"))
        return await self._answer(guest, event, handlers[event], payload)

    # ------------------------------------------------------------ connections

    async def _connect(self, sid: str, auth: object) -> None:
        language = "id"
        try:
            handshake = reading.read(auth, Handshake)
            language = handshake.language
            if handshake.protocol != messages.PROTOCOL:
                raise Refused("protocol.unsupported")
            admission = await self._doorkeeper.check(handshake.ticket, self._clock.now_ms())
            self._few_enough(admission)
        except BalaiError as error:
            told = translate.error(error, language, self._sentences)
            raise socketio.exceptions.ConnectionRefusedError(error.code, told) from error
        now_ms = self._clock.monotonic_ms()
        buckets = {"enter": ENTRIES, "command": COMMANDS, "media": MEDIA, "notes": NOTES}
        self._guests[sid] = Guest(
            sid,
            handshake.ticket,
            language,
            admission,
            {event: Bucket(rate, now_ms) for event, rate in buckets.items()},
            asyncio.Lock(),
        )

    def _few_enough(self, admission: Admission) -> None:
        who = (admission.meeting_id, admission.person_id, admission.waiting_id)
        others = (guest.admission for guest in self._guests.values())
        if sum((one.meeting_id, one.person_id, one.waiting_id) == who for one in others) >= MAX_CONNECTIONS:
            raise Refused("rate.exceeded")

    async def _disconnect(self, guest: Guest) -> None:
        guest.gone = True
        del self._guests[guest.sid]
        if guest.scribe is not None:
            self._scribes.leave(guest.scribe)
            guest.scribe.outbox.abandon()
        if guest.watcher is not None:
            guest.watcher.outbox.abandon()
            self._entrance.lost(guest.watcher)
        if self._wait_no_more(guest):
            self._tasks.start("guest gone", self._give_up_waiting(guest.admission))

    def _wait_no_more(self, guest: Guest) -> bool:
        """True if it waited, and no other connection of the same guest does."""
        admission, waiter = guest.admission, guest.waiter
        guest.waiter = None
        return waiter is not None and self._watchers.stop_waiting(admission.meeting_id, waiting_id(admission), waiter)

    async def _give_up_waiting(self, admission: Admission) -> None:
        """A guest whose line drops may come back; after that nobody need look at their name any more."""
        await asyncio.sleep(self._waiting_grace_s)
        if self._watchers.is_waiting(admission.meeting_id, waiting_id(admission)):
            return
        with contextlib.suppress(BalaiError):  # admitted or refused meanwhile, or the meeting is over
            await self._entrance.stop_asking(admission)

    # ------------------------------------------------------------ requests

    async def _answer(
        self, guest: Guest, event: str, handler: Callable[[Guest, object], Awaitable[Wire]], payload: object
    ) -> Wire:
        bucket = guest.buckets[event]
        if not bucket.take(self._clock.monotonic_ms()):
            if bucket.refused_in_a_row == HOPELESS:
                self._tasks.start("end flood", self.cut(guest.sid, hard=True))
            return self._error(guest, Refused("rate.exceeded"))
        try:
            return {"ok": await handler(guest, payload)}
        except BalaiError as error:
            return self._error(guest, error)

    def _error(self, guest: Guest, error: BalaiError) -> Wire:
        return {"error": translate.error(error, guest.language, self._sentences)}

    async def _enter(self, guest: Guest, payload: object) -> Wire:
        wish = reading.read(payload, Enter)
        async with guest.turn:
            if guest.watcher is not None:
                raise Refused("session.entered")
            guest.admission = await self._doorkeeper.check(guest.ticket, self._clock.now_ms())
            person_id = await self._entrance.person_of(guest.admission)
            if not person_id or self._entrance.must_wait(guest.admission, person_id):
                return await self._wait(guest)
            self._wait_no_more(guest)
            return await self._come_in(guest, person_id, wish)

    async def _wait(self, guest: Guest) -> Wire:
        admission = guest.admission
        guest.waiter = GuestWaiter(self, guest)
        self._watchers.wait(admission.meeting_id, waiting_id(admission), guest.waiter)
        await self._entrance.ask(admission)
        return {"waiting": True, "told": self._entrance.told_waiting(admission)}

    async def _come_in(self, guest: Guest, person_id: str, wish: Enter) -> Wire:
        channel = SocketChannel(self, guest.sid)
        outbox = Outbox(channel)

        def say_goodbye(code: str) -> None:
            outbox.put_bye(self._bye(guest, code))

        newcomer = Newcomer(guest.admission, person_id, outbox, say_goodbye)
        entered = await self._entrance.enter(newcomer, wish.resume)
        if guest.gone:  # the line dropped meanwhile
            self._entrance.lost(entered.watcher)
            raise Unauthenticated("session.lost")
        guest.watcher, guest.actor = entered.watcher, entered.actor
        self._tasks.start(f"outbox {entered.watcher.session_id}", outbox.pump())
        return entered.welcome

    async def _command(self, guest: Guest, payload: object) -> Wire:
        message = reading.read_command(payload)
        admission = guest.admission
        if isinstance(message, messages.StopWaiting):
            if guest.watcher is not None or not waiting_id(admission):
                raise Refused("session.not_entered")
            await self._entrance.stop_asking(admission)
            return {"number": self._meetings.number(admission.meeting_id)}
        _, actor = guest.entered()
        wanted = translate.command(message, actor)
        if isinstance(message, messages.TakeBallot) and isinstance(wanted, commands.TakeBallot):
            blinded = bytes.fromhex(message.blinded)
            number, signature = await self._meetings.paper(admission.meeting_id, actor, wanted, blinded)
            return {"number": number, "signature": signature.hex()}
        number = await self._meetings.submit(admission.meeting_id, actor, wanted)
        return {"number": number}

    async def _media(self, guest: Guest, payload: object) -> Wire:
        message = reading.read_media(payload)
        watcher, _ = guest.entered()
        meeting_id, session_id = watcher.meeting_id, watcher.session_id
        desk = Desk(
            self._plane,
            meeting_id,
            session_id,
            watcher.role,
            lambda source: self._meetings.is_on(meeting_id, session_id, source),
        )
        return await desk.serve(message)

    async def _notes(self, guest: Guest, payload: object) -> Wire:
        message = reading.read_notes(payload)
        scribe = guest.scribe or await self._seat(guest)
        meeting_id, item_id = scribe.meeting_id, message.item_id
        if isinstance(message, messages.OpenNotes):
            cursors = self._scribes.open(scribe, item_id)  # before it is read: nothing falls between
            opened = await self._notes_desk.open(meeting_id, scribe.actor, item_id, message.state)
            return {"update": opened.update, "state": opened.state, "writable": opened.writable, "cursors": cursors}
        if isinstance(message, messages.CloseNotes):
            self._scribes.close(scribe, item_id)
            return {}
        if isinstance(message, messages.UpdateNotes):
            if message.cursor is not None:
                self._scribes.point(scribe, item_id, message.cursor)
            await self._notes_desk.write(meeting_id, scribe.actor, item_id, message.update, guest.sid)
            return {}
        self._scribes.point(scribe, item_id, message.cursor)
        return {}

    async def _seat(self, guest: Guest) -> Scribe:
        """Who is in the room reads and writes there; chair and secretary may without entering, on the record's page."""
        if guest.watcher is not None and guest.actor is not None:
            guest.scribe = Scribe(guest.sid, guest.watcher.meeting_id, guest.actor, guest.watcher.outbox)
            return guest.scribe
        admission = guest.admission = await self._doorkeeper.check(guest.ticket, self._clock.now_ms())
        person_id = await self._entrance.person_of(admission)
        if not person_id or self._meetings.role(admission.meeting_id, person_id) not in LEADERS:
            raise Refused("session.not_entered")
        if guest.scribe is None:  # two messages may have come at once
            outbox = Outbox(SocketChannel(self, guest.sid))
            actor = Actor(person_id, "", admission.account_id, admission.office_role)
            guest.scribe = Scribe(guest.sid, admission.meeting_id, actor, outbox)
            self._tasks.start(f"notes {guest.sid}", outbox.pump())
        return guest.scribe

    # ------------------------------------------------------------ endings

    async def look_again(self) -> int:
        """Something was revoked: end every connection whose ticket no longer holds. Returns how many ended."""
        ended = 0
        for guest in list(self._guests.values()):
            try:
                await self._doorkeeper.check(guest.ticket, self._clock.now_ms())
            except Unauthenticated as error:
                if error.code == "ticket.expired" and guest.watcher is not None:
                    continue  # who is in the room stays; the ticket is for coming in
                ended += 1
                await self._revoke(guest)
        return ended

    async def _revoke(self, guest: Guest) -> None:
        watcher, actor = guest.watcher, guest.actor
        if watcher is None or actor is None:
            await self.farewell(guest, "revoked")
            return
        watcher.say_goodbye("revoked")
        with contextlib.suppress(BalaiError):  # the meeting may have ended, or the session with it
            leave = commands.Leave(watcher.session_id, "left")
            await self._meetings.submit(watcher.meeting_id, actor, leave)

    def _bye(self, guest: Guest, code: str) -> Wire:
        return {"code": code, "text": self._sentences.sentence(guest.language, f"bye.{code}", {})}

    async def farewell(self, guest: Guest, code: str) -> None:
        """For who has no outbox: a guest who waits, or has not entered."""
        await self.tell(guest.sid, "bye", self._bye(guest, code))
        await self.cut(guest.sid, hard=False)

    async def cut(self, sid: str, *, hard: bool) -> None:
        """End one connection. `hard`: without waiting until what was queued is read."""
        if sid not in self._guests:
            return
        environ = self.server.get_environ(sid, self.namespace) or {}
        await self.disconnect(sid)
        request = environ.get("aiohttp.request")
        if hard and request is not None and environ.get("HTTP_UPGRADE") and request.transport is not None:
            request.transport.abort()

    def start(self, name: str, work: Coroutine[object, object, None]) -> None:
        """Do it without anybody waiting."""
        self._tasks.start(name, work)

    async def tell(self, sid: str, event: str, payload: object, acknowledged: Callable[[], None] | None = None) -> None:
        if acknowledged is None and isinstance(payload, Shared):
            await self._tell_shared(sid, event, payload)
            return
        callback = None if acknowledged is None else lambda *_: acknowledged()
        await self.emit(event, payload, to=sid, callback=callback)

    async def _tell_shared(self, sid: str, event: str, payload: Shared[EngineMessage]) -> None:
        """The same packets for everybody, written once: what many type costs a reader no more than handing them on."""
        engine_sid = self.server.manager.eio_sid_from_sid(sid, NAMESPACE)
        if engine_sid is None:  # its line dropped
            return
        for part in payload.packets(lambda told: _packets(event, told)):
            await self.server.eio.send_packet(engine_sid, part)

    async def close(self) -> None:
        """End every connection; they come back when there is a server again."""
        for guest in list(self._guests.values()):
            await self.disconnect(guest.sid)
        await self.server.shutdown()


def _packets(event: str, payload: Wire) -> list[EngineMessage]:
    """Socket.IO's packet in the packets of the layer below it: text first, then what is binary."""
    written = SocketPacket(EVENT, data=[event, dict(payload)], namespace=NAMESPACE).encode()
    parts = written if isinstance(written, list) else [written]
    return [EngineMessage(MESSAGE, part) for part in parts]


def serve(app: Application, namespace: RoomNamespace, origins: Sequence[str] | None) -> None:
    """Answer Socket.IO under /socket.io/ of `app`. `origins` None: only pages of the very host that is asked."""
    server = socketio.AsyncServer(
        async_mode="aiohttp",
        namespaces=[NAMESPACE],
        cors_allowed_origins=list(origins) if origins else None,
        max_http_buffer_size=reading.MAX_PACKET_BYTES,
        ping_interval=PING_EVERY_S,
        ping_timeout=PING_TIMEOUT_S,
        json=reading.StrictJson,
    )
    server.register_namespace(namespace)
    server.attach(app)

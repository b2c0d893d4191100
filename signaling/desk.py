"""Media requests of one session, authorised and passed to the media plane. A session may touch its own streams only and
receive those of its own meeting only; nothing here touches the record.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from server.errors import Invalid, NotFound, Refused
from server.meeting.facts import Role
from server.meeting.ports import Kind, MediaPlane, Producer, Source, View
from signaling import messages, translate
from signaling.messages import MediaMessage
from signaling.translate import Wire

_KIND_OF: dict[Source, Kind] = {"microphone": "audio", "camera": "video", "screen": "video", "screen_audio": "audio"}


@dataclass(frozen=True, slots=True)
class Desk:
    """`is_on(source)`: does the room know this source of the session as switched on?"""

    plane: MediaPlane
    meeting_id: str
    session_id: str
    role: Role
    is_on: Callable[[Source], bool]

    async def serve(self, message: MediaMessage) -> Wire:
        """What PROTOCOL.md promises for this request. Raises what the plane raises, NotFound, Refused."""
        if isinstance(message, messages.View):
            await self.plane.view(self.session_id, [_view(one) for one in message.views])
            return {}
        if isinstance(message, messages.Admit):
            return translate.ticket(await self.plane.admit(self.meeting_id, self.session_id))
        if isinstance(message, messages.Connect):
            await self.plane.connect(self.session_id, message.direction, message.dtls_parameters)
            return {}
        if isinstance(message, messages.RestartIce):
            answer = await self.plane.restart_ice(self.session_id, message.direction)
            return {"ice_parameters": translate.ortc(answer)}
        if isinstance(message, (messages.Consume, messages.Unconsume)):
            return await self._receive(message)
        return await self._send(message)

    async def _receive(self, message: messages.Consume | messages.Unconsume) -> Wire:
        if isinstance(message, messages.Unconsume):
            await self.plane.unconsume(self.session_id, message.consumer_id)
            return {}
        self._producer(message.producer_id)
        consumer = await self.plane.consume(self.session_id, message.producer_id, message.capabilities)
        return translate.consumer(consumer)

    async def _send(self, message: messages.Produce | messages.Unproduce | messages.Pause) -> Wire:
        if isinstance(message, messages.Produce):
            return await self._produce(message)
        producer = self._own(message.producer_id)
        if isinstance(message, messages.Unproduce):
            await self.plane.unproduce(producer.producer_id)
            return {}
        if not message.paused and not self.is_on(producer.source):
            raise Refused("media.switched_off")
        await self.plane.set_paused(producer.producer_id, message.paused)
        return {}

    async def _produce(self, message: messages.Produce) -> Wire:
        """What the room knows as switched off is not forwarded, whatever is sent."""
        if self.role in ("observer", "watcher"):
            raise Refused("media.observer")
        if message.kind != _KIND_OF[message.source]:
            raise Invalid("media.parameters")
        producer = await self.plane.produce(self.session_id, message.source, message.kind, message.rtp_parameters)
        if not self.is_on(message.source):
            await self.plane.set_paused(producer.producer_id, True)
        return translate.producer(producer)

    def _producer(self, producer_id: str) -> Producer:
        for producer in self.plane.producers(self.meeting_id):
            if producer.producer_id == producer_id:
                return producer
        raise NotFound("media.producer")

    def _own(self, producer_id: str) -> Producer:
        producer = self._producer(producer_id)
        if producer.session_id != self.session_id:
            raise NotFound("media.producer")
        return producer


def _view(one: messages.ViewOne) -> View:
    return View(one.consumer_id, one.paused, one.width_px, one.height_px, one.priority)

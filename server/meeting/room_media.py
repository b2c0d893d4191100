"""Keeps the media plane as the meeting's state says: what is off is not forwarded, who left has no transports.

One task per room, driven by the difference between state and plane, so a lost or late order heals by itself. The record
never waits for it, and it decides nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from server.errors import NotFound, Unavailable
from server.meeting import facts
from server.meeting.facts import NumberedFact
from server.meeting.ports import MediaPlane, Producer, Source
from server.meeting.state import Session, State

_SOURCES: dict[type[facts.Fact], tuple[Source, ...]] = {
    facts.MicrophoneSet: ("microphone",),
    facts.CameraSet: ("camera",),
    facts.ScreenSet: ("screen", "screen_audio"),
}


def is_on(session: Session, source: Source) -> bool:
    """Whether the room knows this source of the session as switched on."""
    if source == "microphone":
        return session.microphone
    return session.camera if source == "camera" else session.screen


class RoomMedia:
    """`state` gives the meeting as it stands now. What is noted is bounded by the sessions that there were."""

    def __init__(self, meeting_id: str, plane: MediaPlane, state: Callable[[], State]) -> None:
        self._meeting_id = meeting_id
        self._plane = plane
        self._state = state
        self._gone: dict[str, None] = {}  # sessions to dismiss, in order
        self._resume: set[tuple[str, Source]] = set()
        self._end: set[tuple[str, Source]] = set()
        self._wake = asyncio.Event()

    def note(self, written: Sequence[NumberedFact]) -> None:
        """New facts; what they ask of the plane is done soon after."""
        for numbered in written:
            fact = numbered.fact
            if isinstance(fact, facts.Left):
                self._gone[fact.session_id] = None
            elif isinstance(fact, (facts.MicrophoneSet, facts.CameraSet, facts.ScreenSet)):
                self._switch(fact)
            else:
                continue
            self._wake.set()

    def look(self) -> None:
        """The plane has changed (a new stream, a new process): compare again."""
        self._wake.set()

    async def run(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            try:
                await self.enforce()
            except Unavailable:  # the media process is down, its streams are gone; `look` follows when it is up
                continue

    async def enforce(self) -> None:
        """Bring the plane to what the state says. Raises Unavailable while it is down."""
        for session_id in list(self._gone):
            await self._plane.dismiss(session_id)
            del self._gone[session_id]
        for session_id in [one for one in self._plane.sessions(self._meeting_id) if one not in self._state().sessions]:
            await self._plane.dismiss(session_id)  # left behind: it ended while nobody could tell the plane
        for producer in self._plane.producers(self._meeting_id):
            await self._set(producer)
        self._end.clear()
        self._resume.clear()

    def _switch(self, fact: facts.MicrophoneSet | facts.CameraSet | facts.ScreenSet) -> None:
        for source in _SOURCES[type(fact)]:
            key = (fact.session_id, source)
            self._resume.discard(key)
            self._end.discard(key)
            if fact.on:
                self._resume.add(key)
            elif source != "microphone":  # a microphone comes back at once; a picture is negotiated anew
                self._end.add(key)

    async def _set(self, producer: Producer) -> None:
        key = (producer.session_id, producer.source)
        session = self._state().sessions.get(producer.session_id)
        on = session is not None and is_on(session, producer.source)
        try:
            if key in self._end and not on:
                await self._plane.unproduce(producer.producer_id)
            elif not on and not producer.paused:
                await self._plane.set_paused(producer.producer_id, True)
            elif on and producer.paused and key in self._resume:
                await self._plane.set_paused(producer.producer_id, False)
        except NotFound:  # its sender closed it meanwhile
            return

"""Keeps what is recorded as the meeting's state says: a recorder for each meeting that is on record, and in it the
streams of those who agreed. Driven by the difference, so a lost or late order heals by itself. It decides nothing, and
no meeting ever waits for it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from recordings import link, salvage
from recordings.manifest import notes
from recordings.ports import Book, Hearing, Keys
from recordings.process import RecorderProcess, folder_of
from recordings.space import Space
from server.errors import BalaiError, NotFound, Unavailable
from server.meeting import commands
from server.meeting.commands import SERVER
from server.meeting.facts import RecordingEnd
from server.meeting.ports import Consumer, Producer, View
from server.meeting.recording import Taken
from server.meeting.state import State
from server.rtp.parameters import TRANSPORT_CC_URI
from server.rtp.router import router_rtp_capabilities
from server.sfu.listening import fresh_keys
from server.tasks import TaskOwner

log = structlog.get_logger(__name__)

LISTENER = "recorder."  # no session of a person has a full stop in its id
LARGEST = (3840, 2160)
MOST_DEATHS = 5  # of one recording's processes
RETRY_S = 1.0
SOURCES: Mapping[str, frozenset[str]] = {
    "audio": frozenset({"microphone", "screen_audio"}),
    "audio_screen": frozenset({"microphone", "screen_audio", "screen"}),
    "everything": frozenset({"microphone", "screen_audio", "screen", "camera"}),
}


def capabilities() -> dict[str, Any]:
    """Everything that the router speaks; a local line needs nobody to say when each packet came."""
    known: dict[str, Any] = router_rtp_capabilities()
    known["headerExtensions"] = [one for one in known["headerExtensions"] if one["uri"] != TRANSPORT_CC_URI]
    return known


def wanted(state: State, producers: tuple[Producer, ...]) -> dict[str, Producer]:
    """producer_id -> what shall be recorded now: of those who agreed, and of the kinds that the recording is of."""
    current = state.recording.current
    if current is None:
        return {}
    agreed, sources = state.recording.recorded, SOURCES[current.scope]
    return {
        one.producer_id: one
        for one in producers
        if one.source in sources
        and (session := state.sessions.get(one.session_id)) is not None
        and session.person_id in agreed
    }


class RecordingDesk:
    """Implements server.meeting.ports.Recorder. `start` before the meetings are taken up."""

    def __init__(self, folder: Path, plane: Hearing, keys: Keys, space: Space) -> None:
        self._folder = folder
        self._plane = plane
        self._keys = keys
        self._space = space
        self._book: Book | None = None
        self._tasks = TaskOwner("recordings")
        self._recorders: dict[str, _MeetingRecorder] = {}

    def write_to(self, book: Book) -> None:
        """Where failures and finished recordings are told; before anything is looked at."""
        self._book = book

    def look(self, state: State) -> None:
        """The meeting, or its streams, have changed."""
        recorder = self._recorders.get(state.meeting_id)
        if recorder is None:
            if not _unfinished(state) or self._book is None:
                return
            house = _House(self._folder, self._plane, self._keys, self._space, self._book)
            recorder = self._recorders[state.meeting_id] = _MeetingRecorder(state, house)
            task = self._tasks.start(f"record {state.meeting_id}", recorder.run())
            task.add_done_callback(lambda _: self._recorders.pop(state.meeting_id, None))
        recorder.look(state)

    async def close(self) -> None:
        """Close every file in order; a recording that is on goes on when the server is back."""
        for recorder in list(self._recorders.values()):
            await recorder.rest()
        await self._tasks.close()


def _unfinished(state: State) -> bool:
    return any(not one.manifest for one in state.recording.taken)


@dataclass(frozen=True, slots=True)
class _House:
    """What every recorder works with."""

    folder: Path
    plane: Hearing
    keys: Keys
    space: Space
    book: Book


class _MeetingRecorder:
    """One meeting's. Ends when all of its recordings are sealed."""

    def __init__(self, state: State, house: _House) -> None:
        self._state = state
        self._house = house
        self._session_id = f"{LISTENER}{state.meeting_id}"
        self._wake = asyncio.Event()
        self._process: RecorderProcess | None = None
        self._recording_id = ""
        self._connected = False
        self._failure = ""
        self._deaths = 0
        self._resting = False
        self._followed: dict[str, Consumer] = {}
        self._lock = asyncio.Lock()

    def look(self, state: State) -> None:
        if state.number >= self._state.number:
            self._state = state
        self._wake.set()

    async def rest(self) -> None:
        """The server ends: what is on is not over."""
        self._resting = True
        async with self._lock:
            await self._put_down()

    async def run(self) -> None:
        while not self._resting:
            self._wake.clear()
            try:
                async with self._lock:
                    await self._settle()
            except Unavailable as error:  # the media process is down, or the database: tried again
                log.info("a recording waits", meeting=self._state.meeting_id, code=error.code)
                await self._put_down()
                await self._pause()
                continue
            if not _unfinished(self._state):
                return
            await self._wake.wait()

    async def _pause(self) -> None:
        """A little, or until something happens."""
        try:
            await asyncio.wait_for(self._wake.wait(), RETRY_S)
        except TimeoutError:
            return

    async def _settle(self) -> None:
        """Bring what is recorded to what the state says."""
        current = self._state.recording.current
        if self._process is not None and (self._failure or self._process.ended.is_set()):
            await self._broken(current)
            current = self._state.recording.current
        if self._process is not None and (current is None or current.recording_id != self._recording_id):
            await self._put_down()
        if current is not None and self._deaths < MOST_DEATHS:
            await self._take_up(current)
        for taken in self._state.recording.taken:
            if taken.ended_ms and not taken.manifest:
                await self._seal(taken)

    async def _broken(self, current: Taken | None) -> None:
        """A full disk ends the recording; a line that broke, or a process that died, is a gap in it."""
        failure, self._failure = self._failure, ""
        await self._put_down()
        if current is None or current.recording_id != self._recording_id:
            return
        if failure != "line":
            self._deaths += 1
        if failure == "disk" or self._deaths >= MOST_DEATHS:
            reason: RecordingEnd = "disk" if failure == "disk" else "failed"
            log.error("a recording ends", meeting=self._state.meeting_id, reason=reason)
            await self._tell(commands.ReportRecordingFailed(current.recording_id, reason))

    async def _tell(self, command: commands.Command) -> None:
        try:
            await self._house.book.submit(self._state.meeting_id, SERVER, command)
        except (NotFound, Unavailable) as error:
            log.warning("nobody could be told of a recording", meeting=self._state.meeting_id, code=error.code)

    # -- the recorder

    async def _take_up(self, current: Taken) -> None:
        producers = wanted(self._state, self._house.plane.producers(self._state.meeting_id))
        process = self._process
        if process is None and producers:  # else there is nobody to hear yet
            process = await self._begin(current)
        if process is not None:
            await self._follow(process, producers)

    async def _begin(self, current: Taken) -> RecorderProcess | None:
        house, meeting_id = self._house, self._state.meeting_id
        self._recording_id = current.recording_id
        try:
            folder = folder_of(house.folder, meeting_id, current.recording_id)
            key = await house.keys.for_writing(meeting_id)
            first = await asyncio.to_thread(_prepare, folder)
            if not await asyncio.to_thread(house.space.enough):
                raise OSError(28, "less is free than must stay free")
            process = await RecorderProcess.spawn(self._hear)
        except (OSError, BalaiError) as error:
            if isinstance(error, Unavailable):
                raise
            log.error("a recording cannot begin", meeting=meeting_id, error=str(error))
            reason: RecordingEnd = "disk" if isinstance(error, OSError) else "failed"
            await self._tell(commands.ReportRecordingFailed(current.recording_id, reason))
            return None
        self._process, self._failure, self._followed = process, "", {}
        address, keys = await process.address(), fresh_keys()
        free = house.space.keep_free_bytes
        process.tell(link.Begin(str(folder), keys, key, first, current.began_ms, free))
        try:
            await house.plane.listen_in(meeting_id, self._session_id, address, keys)
        except NotFound:  # the last one left in this moment
            await self._put_down()
            return None
        return process

    def _hear(self, told: link.Told) -> None:
        if isinstance(told, link.Failed):
            self._failure = told.reason
            self._wake.set()

    async def _follow(self, process: RecorderProcess, producers: Mapping[str, Producer]) -> None:
        plane = self._house.plane
        for producer_id, consumer in list(self._followed.items()):
            if producer_id not in producers:
                process.tell(link.Leave(_ssrc(consumer)))
                del self._followed[producer_id]
                await _forgiving(plane.unconsume, self._session_id, consumer.consumer_id)
        for producer_id, producer in producers.items():
            if producer_id in self._followed:
                continue
            session = self._state.sessions.get(producer.session_id)
            if session is None:
                continue
            try:
                consumer = await plane.consume(self._session_id, producer_id, capabilities())
            except NotFound:
                continue  # it ended meanwhile: the state or the streams will tell
            self._followed[producer_id] = consumer
            process.tell(_follow(consumer, producer, session.person_id))
            view = View(consumer.consumer_id, width_px=LARGEST[0], height_px=LARGEST[1])
            await _forgiving(plane.view, self._session_id, [view])

    async def _put_down(self) -> None:
        process, self._process = self._process, None
        self._followed = {}
        if process is not None:
            await process.finish()
            await _forgiving(self._house.plane.dismiss, self._session_id)

    # -- what is left

    async def _seal(self, taken: Taken) -> None:
        """All files are closed: list them, and have the list's hash written down."""
        house, meeting_id = self._house, self._state.meeting_id
        key = await house.keys.for_reading(meeting_id)
        try:
            folder = folder_of(house.folder, meeting_id, taken.recording_id)
            sealed = await asyncio.to_thread(salvage.seal, folder, meeting_id, taken, key)
        except (OSError, BalaiError) as error:
            log.error("a recording cannot be sealed", meeting=meeting_id, error=str(error))
            return
        report = commands.ReportRecordingSealed(taken.recording_id, sealed.hash, sealed.size_bytes, sealed.files)
        await self._tell(report)


async def _forgiving(verb: Callable[..., Any], *arguments: object) -> None:
    """What is gone already, or goes with a media process that died, need not be undone."""
    try:
        await verb(*arguments)
    except (NotFound, Unavailable):
        return


def _prepare(folder: Path) -> int:
    """The folder, and the first stream's number: those that a crash left keep theirs."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return 1 + max((int(one.name[:4]) for one in notes(folder)), default=0)


def _ssrc(consumer: Consumer) -> int:
    return int(consumer.rtp_parameters["encodings"][0]["ssrc"])


def _follow(consumer: Consumer, producer: Producer, person_id: str) -> link.Follow:
    codec = consumer.rtp_parameters["codecs"][0]
    cname = str(consumer.rtp_parameters["rtcp"]["cname"])
    return link.Follow(
        _ssrc(consumer), cname, person_id, producer.source, str(codec["mimeType"]), int(codec["clockRate"])
    )

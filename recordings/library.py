"""What there is to be seen and heard of a meeting, for the web: lists, places in time, and bytes of any range.

The port, as the playback page uses it (`Services.recordings`; None where nothing is recorded):

- `await library.shelf(state)` -> Shelf: `takes` (began, ended, size, sealed or not), `whole` (the meeting as one file;
  None: not made yet), `clips`, `jobs` (what waits or is being made: doing, share 0 to 1; poll it). A Composed has
  `files` (video.mp4, video.webm, audio.mp3: name, mime_type, bytes, sha256), `length_ms`, `parts`.
- Times. Every fact has `at_ms` (Unix ms). `composed.at(fact_at_ms)` -> ms in the composed file (what was not recorded:
  at the card that stands for it); `composed.wall(ms)` -> Unix ms, so that each second shows who was present (attendance
  at that moment); `composed.holds(at_ms)`: it was really recorded. All of it is pure (recordings/timeline.py).
- `await library.speakers(state)` -> Speech rows (person_id, from_ms, until_ms in the composed file), for bars.
- `async with library.open(state, composition_id, name) as file`: `file.size`, `file.etag`, `file.mime_type`, and
  `file.read(start, end)`: an async iterator over the plain bytes of [start, end), decrypted chunk by chunk.
  NotFound("composition.unknown" | "composition.no_file"), Unavailable("composition.broken").

In a browser: GET /m/{id}/recordings/{composition_id}/{name} with Range, ETag and If-Range (?download=1: to keep), GET
/m/{id}/recordings.json for the jobs, POST /m/{id}/recordings with act=compose | clip | withdraw
(web/views/recordings.py). Rights are asked there, not here.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import msgspec

from recordings import outcome, timeline
from recordings.outcome import SPEAKERS, Made, Outcome
from recordings.ports import Keys
from recordings.process import composed_folder
from recordings.seal import SealBroken, SealedReader
from recordings.speaker import Speech
from recordings.studio import Job
from recordings.timeline import Part
from server.errors import NotFound, Unavailable
from server.meeting.recording import Composition, Taken
from server.meeting.state import State

READ_BYTES = 512 << 10


@dataclass(frozen=True, slots=True)
class Composed:
    """One watchable file in its forms. parts (): a clip."""

    composition: Composition
    length_ms: int
    files: tuple[Made, ...]
    parts: tuple[Part, ...]

    def at(self, wall_ms: int) -> int:
        """Where a moment (Unix ms) is, in ms."""
        return timeline.composed_ms(self.parts, wall_ms)

    def wall(self, at_ms: int) -> int:
        """Unix ms of a moment of the file."""
        return timeline.wall_of(self.parts, at_ms)

    def holds(self, wall_ms: int) -> bool:
        return any(not one.card and one.wall_ms <= wall_ms < one.until_wall_ms for one in self.parts)

    def file(self, name: str) -> Made | None:
        return next((one for one in self.files if one.name == name), None)


@dataclass(frozen=True, slots=True)
class Shelf:
    """whole None: not made yet. failed: the last try, if nothing was made since."""

    takes: tuple[Taken, ...] = ()
    whole: Composed | None = None
    clips: tuple[Composed, ...] = ()
    jobs: tuple[tuple[Composition, Job], ...] = ()
    failed: Composition | None = None


class OpenFile:
    """`read` any range, as often as wanted, one after the other."""

    def __init__(self, reader: SealedReader, made: Made) -> None:
        self._reader = reader
        self.size, self.mime_type, self.etag = reader.size, made.mime_type, made.sha256

    async def read(self, start: int, end: int) -> AsyncIterator[bytes]:
        """The plain bytes of [start, end). SealBroken where the file was changed."""
        reader = self._reader
        while start < end:
            block = await asyncio.to_thread(_read, reader, start, min(READ_BYTES, end - start))
            if not block:
                return
            start += len(block)
            yield block


def _read(reader: SealedReader, start: int, size: int) -> bytes:
    reader.seek(start)
    return reader.read(size)


class Library:
    def __init__(self, folder: Path, keys: Keys, job: Callable[[str, str], Job | None]) -> None:
        self._folder, self._keys, self._job = folder, keys, job

    async def shelf(self, state: State) -> Shelf:
        now, erased = state.recording, "recordings" in state.keeping.erased
        made = [] if erased else await asyncio.to_thread(self._made, state)
        last = next((one for one in reversed(now.compositions) if one.status in ("made", "failed")), None)
        whole = now.whole
        return Shelf(
            takes=now.taken,
            whole=next((one for one in made if one.composition is whole), None),
            clips=tuple(one for one in made if one.composition.kind == "clip"),
            jobs=tuple(
                (one, self._job(state.meeting_id, one.composition_id) or Job(one.composition_id, "waiting", 0.0))
                for one in now.compositions
                if one.status == "ordered"
            ),
            failed=last if last is not None and last.status == "failed" else None,
        )

    def _made(self, state: State) -> list[Composed]:
        whole = state.recording.whole
        found: list[Composed] = []
        for one in state.recording.compositions:
            if one.status != "made" or (one.kind == "whole" and one is not whole):
                continue
            known = self._outcome(state, one)
            if known is not None:
                files = tuple(file for file in known.files if file.name in outcome.TYPES)
                found.append(Composed(one, known.length_ms, files, known.parts))
        return found

    def _outcome(self, state: State, one: Composition) -> Outcome | None:
        """As the journal has its hash, or not at all."""
        try:
            known, digest = outcome.read(composed_folder(self._folder, state.meeting_id, one.composition_id))
        except (OSError, msgspec.MsgspecError):
            return None
        return known if digest == one.manifest else None

    async def speakers(self, state: State) -> list[Speech]:
        """Of the whole; nobody where it is not made."""
        whole = state.recording.whole
        if whole is None:
            return []
        async with self.open(state, whole.composition_id, SPEAKERS) as file:
            data = b"".join([block async for block in file.read(0, file.size)])
        return msgspec.msgpack.decode(data, type=list[Speech])

    @asynccontextmanager
    async def open(self, state: State, composition_id: str, name: str) -> AsyncIterator[OpenFile]:
        one = state.recording.composition(composition_id)
        if one is None or one.status != "made" or "recordings" in state.keeping.erased:
            raise NotFound("composition.unknown")
        known = await asyncio.to_thread(self._outcome, state, one)
        made = known.file(name) if known else None
        key = await self._keys.for_reading(state.meeting_id)
        if made is None or key is None:
            raise NotFound("composition.no_file")
        path = composed_folder(self._folder, state.meeting_id, composition_id) / made.file
        try:
            reader = await asyncio.to_thread(SealedReader, path, key)
        except (OSError, SealBroken) as error:
            raise Unavailable("composition.broken") from error
        try:
            if not reader.complete or reader.size != made.bytes:
                raise Unavailable("composition.broken")
            yield OpenFile(reader, made)
        finally:
            reader.close()

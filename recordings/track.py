"""One stream being recorded: its packets in order, its frames placed in time, its sealed files. Owns those files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from recordings.container import Matroska
from recordings.frames import Frame, FrameReader
from recordings.manifest import File, write_note
from recordings.seal import SealedWriter
from recordings.timing import SenderTime, StreamTime
from server.rtp.packet import RtpHeader


@dataclass(frozen=True, slots=True)
class Source:
    """Whose stream it is, and what. clock_rate in Hz; stream: a number of its own in the recording."""

    stream: int
    ssrc: int
    person_id: str
    source: str
    mime_type: str
    clock_rate: int


@dataclass(frozen=True, slots=True)
class Place:
    """Where the files go, and what they are sealed with."""

    folder: Path
    key: bytes


class Track:
    """`receive` packets, `reported` by its sender, `flush` often, `close` at the end.

    begun_us: when the recording's clock was zero. A file ends where the codec's parameters change, and the next begins.
    """

    def __init__(
        self, source: Source, place: Place, sender: SenderTime, *, begun_us: int, ask: Callable[[int], None]
    ) -> None:
        self.source = source
        self._folder, self._key = place.folder, place.key
        self._begun_us = begun_us
        self._ask = ask
        self._asked_us = 0
        self._reader = FrameReader(source.mime_type)
        self._time = StreamTime(source.clock_rate, sender)
        self._writer: SealedWriter | None = None
        self._matroska: Matroska | None = None
        self._name = ""
        self._first_ms = self._last_ms = 0
        self._frames = self._lost_before = 0
        self._parts = 0

    def reported(self, ntp: int, timestamp: int) -> None:
        self._time.reported(ntp, timestamp)

    def receive(self, header: RtpHeader, data: memoryview, arrival_us: int) -> None:
        """OSError when the disk does not take it."""
        for frame in self._reader.push(header, data, arrival_us):
            self._put(frame)

    def flush(self, now_us: int) -> None:
        """Often: what came so far is safe afterwards. OSError."""
        for frame in self._reader.sweep(now_us):
            self._put(frame)
        if self._reader.lost_thread and now_us - self._asked_us > 1_000_000:
            self._asked_us = now_us
            self._ask(self.source.ssrc)
        if self._writer is not None:
            self._writer.flush()

    def close(self) -> None:
        for frame in self._reader.finish():
            self._put(frame)
        self._end_file()

    def _put(self, frame: Frame) -> None:
        at_ms = (self._time.place(frame.timestamp, frame.arrival_us) - self._begun_us) // 1000
        if at_ms < 0:
            return  # captured before the recording began
        if self._matroska is not None and not self._matroska.fits(frame):
            self._end_file()
        matroska = self._matroska or self._begin_file(at_ms)
        try:
            matroska.put(frame, at_ms)
        except ValueError:
            self._reader.lost_thread = True
            return
        self._last_ms = at_ms
        self._frames += 1

    def _begin_file(self, at_ms: int) -> Matroska:
        self._parts += 1
        self._name = f"{self.source.stream:04}-{self._parts:02}.sealed"
        self._writer = SealedWriter(self._folder / self._name, self._key)
        self._matroska = Matroska(self._writer, self.source.mime_type)
        self._first_ms = self._last_ms = at_ms
        self._frames, self._lost_before = 0, self._reader.lost
        self._note(complete=False)
        return self._matroska

    def _end_file(self) -> None:
        matroska, writer = self._matroska, self._writer
        self._matroska = self._writer = None
        if matroska is None or writer is None:
            return
        matroska.close()
        writer.close()
        self._note(complete=True, size=writer.size)

    def _note(self, *, complete: bool, size: int = 0) -> None:
        """Beside the file, so that what a crash cut off is still known to be somebody's."""
        source, reader = self.source, self._reader
        file = File(
            name=self._name,
            person_id=source.person_id,
            source=source.source,
            mime_type=source.mime_type,
            from_ms=self._first_ms,
            until_ms=self._last_ms,
            frames=self._frames,
            packets_lost=reader.lost - self._lost_before,
            bytes=size,
            complete=complete,
        )
        write_note(self._folder, file)

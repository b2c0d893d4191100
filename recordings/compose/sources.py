"""What was taken, read back: a voice as samples in their place, a picture as it stood at a moment. Times in ms on the
clock of the recording. A file that a crash cut off ends where it was cut off.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import structlog
from numpy.typing import NDArray

from recordings.seal import SealBroken, SealedReader

log = structlog.get_logger(__name__)

RATE = 48_000
PER_MS = RATE // 1000
SLIP_SAMPLES = 20 * PER_MS  # clocks drift: a voice that is so far from its place is set back into it
WARM_UP_MS = 100  # of sound decoded before the first that is wanted
STALE_MS = {"camera": 2_000, "screen": 1 << 40}  # a camera that stands still for so long is off; a screen just stands
Sound = NDArray[np.float32]


class Look(msgspec.Struct, frozen=True):
    """Of one picture stream: when each key frame is, and from when to when there is a picture."""

    keys: list[int]
    spans: list[tuple[int, int]]


class _File:
    def __init__(self, path: Path, key: bytes) -> None:
        self._reader = SealedReader(path, key)
        try:
            self.container: Any = av.open(self._reader, "r")
        except BaseException:
            self._reader.close()
            raise
        self.stream: Any = self.container.streams[0]

    def packets(self) -> Iterator[tuple[int, Any]]:
        """(ms, packet); ends quietly where the file was cut off."""
        try:
            for packet in self.container.demux(self.stream):
                if packet.size and packet.pts is not None:
                    yield int(packet.pts * packet.time_base * 1000), packet
        except (av.FFmpegError, SealBroken) as error:
            log.warning("a recorded stream ends early", error=str(error))

    def close(self) -> None:
        self.container.close()
        self._reader.close()


class Voice:
    """Take pieces one after the other."""

    def __init__(self, path: Path, key: bytes) -> None:
        self._file = _File(path, key)
        self._packets = self._file.packets()
        self._waiting: list[tuple[int, Sound]] = []  # (first sample's place, samples)
        self._next = -1
        self._ended = False

    def take(self, from_ms: int, until_ms: int) -> Sound | None:
        """(2, samples) of that time, silence where there was nothing; None: nothing at all."""
        begin, end = from_ms * PER_MS, until_ms * PER_MS
        while not self._ended and (not self._waiting or _end(self._waiting[-1]) < end):
            self._read(from_ms - WARM_UP_MS)
        out: Sound | None = None
        kept: list[tuple[int, Sound]] = []
        for place, samples in self._waiting:
            stop = place + samples.shape[1]
            low, high = max(place, begin), min(stop, end)
            if low < high:
                if out is None:
                    out = np.zeros((2, end - begin), np.float32)
                out[:, low - begin : high - begin] = samples[:, low - place : high - place]
            if stop > end:
                kept.append((place, samples))
        self._waiting = kept
        return out

    def _read(self, skip_ms: int) -> None:
        for at_ms, packet in self._packets:
            if at_ms < skip_ms:
                continue
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                self._place(at_ms * PER_MS, _samples(frame))
            return
        self._ended = True

    def _place(self, where: int, samples: Sound) -> None:
        if abs(where - self._next) < SLIP_SAMPLES and self._next >= 0:
            where = self._next
        elif where < self._next:  # would lie over what is there already
            samples = samples[:, self._next - where :]
            where = self._next
        if samples.shape[1]:
            self._waiting.append((where, samples))
            self._next = where + samples.shape[1]

    def close(self) -> None:
        self._file.close()


def _end(one: tuple[int, Sound]) -> int:
    samples: int = one[1].shape[1]
    return one[0] + samples


def _samples(frame: Any) -> Sound:
    made: Any = frame.to_ndarray()
    if frame.format.name.startswith("s16"):
        made = made.astype(np.float32) / 32_768
    if not frame.format.is_planar:
        made = made.reshape(-1, frame.layout.nb_channels).T
    sound: Sound = made.astype(np.float32, copy=False)
    return np.repeat(sound, 2, axis=0) if sound.shape[0] == 1 else sound[:2]


def look(path: Path, key: bytes, source: str) -> Look:
    """Reads the whole file, and decodes nothing."""
    file = _File(path, key)
    try:
        times, keys = [], []
        for at_ms, packet in file.packets():
            times.append(at_ms)
            if packet.is_keyframe:
                keys.append(at_ms)
    finally:
        file.close()
    times = [at for at in times if keys and at >= keys[0]]
    if not times:
        return Look([], [])
    stale_ms = STALE_MS.get(source, STALE_MS["camera"])
    spans, begin = [], times[0]
    for before, after in pairwise(times):
        if after - before > stale_ms:
            spans.append((begin, before + stale_ms // 2))
            begin = after
    spans.append((begin, times[-1] + 200))
    return Look(keys, spans)


class Picture:
    """Ask for rising moments; a jump goes on at the last key frame before it."""

    def __init__(self, path: Path, key: bytes, known: Look) -> None:
        self._file = _File(path, key)
        self._file.stream.thread_type = "AUTO"
        self._keys = known.keys
        self._frames = self._decoded()
        self._ahead: tuple[int, Any] | None = None
        self._now: Any = None
        self._now_ms = -1

    def at(self, at_ms: int) -> Any:
        """The frame that stands at that moment (the same object as long as it does); None before the first."""
        place = bisect_right(self._keys, at_ms) - 1
        if place >= 0 and self._keys[place] - self._now_ms > 1_000:
            self._jump(self._keys[place])
        while True:
            if self._ahead is None:
                self._ahead = next(self._frames, None)
            if self._ahead is None or self._ahead[0] > at_ms:
                return self._now
            self._now_ms, self._now = self._ahead
            self._ahead = None

    def _jump(self, key_ms: int) -> None:
        if self._ahead is not None and self._ahead[0] >= key_ms:
            return
        base = self._file.stream.time_base
        try:
            self._file.container.seek(int(key_ms / 1000 / base), stream=self._file.stream)
        except av.FFmpegError:
            return  # decoded on the way instead
        self._ahead = None
        self._frames = self._decoded()

    def _decoded(self) -> Iterator[tuple[int, Any]]:
        base = self._file.stream.time_base
        for _, packet in self._file.packets():
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                if frame.pts is not None:
                    yield int(frame.pts * base * 1000), frame
        try:
            for frame in self._file.stream.codec_context.decode(None):
                if frame.pts is not None:
                    yield int(frame.pts * base * 1000), frame
        except (av.FFmpegError, EOFError):
            return

    def close(self) -> None:
        self._file.close()

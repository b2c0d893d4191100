"""The first stage: everybody's sound, evened and mixed, segment by segment; and how loud each was, for the picture."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import av
import msgspec
import numpy as np
import structlog

from recordings.compose.evening import gains
from recordings.compose.pieces import Pieces
from recordings.compose.sources import PER_MS, RATE, Sound, Voice
from recordings.plan import Plan, Stream
from recordings.scenes import Segment
from recordings.seal import SealBroken
from recordings.speaker import SILENCE_DB, WINDOW_MS
from recordings.timeline import Part

log = structlog.get_logger(__name__)

SOUNDS = frozenset({"microphone", "screen_audio"})
LOSSLESS = "flac"


class Heard(msgspec.Struct, frozen=True):
    """Of one segment: person_id -> level of each window; and how loud each one's speech is by its end."""

    levels: dict[str, list[int]]
    loudness: dict[str, float]


class Mixer:
    """Asked for segments in order, from any one on."""

    def __init__(self, plan: Plan, folder: Path, key: bytes) -> None:
        self._plan, self._folder, self._key = plan, folder, key
        self._streams = [one for one in plan.streams if one.source in SOUNDS]
        self._open: dict[str, Voice | None] = {}
        self._loudness: dict[str, float] = {}

    def mix(self, segment: Segment) -> tuple[Sound, Heard]:
        """(2, samples) in full scale, and what was heard."""
        length_ms = segment.until_ms - segment.from_ms
        mixed = np.zeros((2, length_ms * PER_MS), np.float32)
        levels: dict[str, list[int]] = {}
        part = next(one for one in self._plan.parts if one.at_ms <= segment.from_ms < one.end_ms)
        for stream in () if part.card else self._streams:
            sound = self._take(stream, part, segment)
            if sound is not None:
                self._add(stream, sound, mixed, levels)
        return mixed, Heard(levels, dict(self._loudness))

    def go_on_from(self, heard: Heard) -> None:
        self._loudness = dict(heard.loudness)

    def _take(self, stream: Stream, part: Part, segment: Segment) -> Sound | None:
        from_ms = part.from_ms + segment.from_ms - part.at_ms
        until_ms = from_ms + segment.until_ms - segment.from_ms
        if stream.recording_id != part.recording_id or stream.until_ms + 1000 < from_ms or stream.from_ms > until_ms:
            self._close(stream)
            return None
        if stream.path not in self._open:
            self._open[stream.path] = _voice(self._folder / stream.path, self._key)
        voice = self._open[stream.path]
        return None if voice is None else voice.take(from_ms, until_ms)

    def _add(self, stream: Stream, sound: Sound, mixed: Sound, levels: dict[str, list[int]]) -> None:
        row = levels_of(sound)
        if stream.source == "screen_audio":  # a film that is shown: as loud as it is, and nobody's words
            mixed += sound
            return
        who = stream.person_id
        known = levels.get(who)
        levels[who] = row if known is None else [max(pair) for pair in zip(known, row, strict=True)]
        steps, now_db = gains(row, self._loudness.get(who))
        if now_db is not None:
            self._loudness[who] = now_db
        centres = (np.arange(len(steps)) + 0.5) * WINDOW_MS * PER_MS
        mixed += sound * np.interp(np.arange(sound.shape[1]), centres, _linear(steps)).astype(np.float32)

    def _close(self, stream: Stream) -> None:
        voice = self._open.get(stream.path)
        if voice is not None:
            voice.close()
            del self._open[stream.path]

    def close(self) -> None:
        for voice in self._open.values():
            if voice is not None:
                voice.close()
        self._open.clear()


def _voice(path: Path, key: bytes) -> Voice | None:
    try:
        return Voice(path, key)
    except (OSError, SealBroken, av.FFmpegError) as error:
        log.warning("a recorded voice cannot be opened", file=path.name, error=str(error))
        return None


def _linear(decibels: Sequence[float]) -> Any:
    return 10.0 ** (np.asarray(decibels) / 20)


def levels_of(sound: Sound) -> list[int]:
    """dBFS of each window, a last short one too."""
    width = WINDOW_MS * PER_MS
    power = np.square(sound).mean(axis=0)
    means = [float(power[at : at + width].mean()) for at in range(0, len(power), width)]
    return [max(SILENCE_DB, round(10 * np.log10(one))) if one > 1e-10 else SILENCE_DB for one in means]


def listen(mixer: Mixer, pieces: Pieces, todo: Sequence[Segment], done: Callable[[int], None]) -> None:
    """Every segment's `sound-N` and `heard-N`. done(ms) after each. OSError."""
    for segment in todo:
        name = f"heard-{segment.number:05}"
        if pieces.has(name):
            mixer.go_on_from(pieces.get(name, Heard))
        else:
            sound, heard = mixer.mix(segment)
            _keep(pieces, segment, sound)
            pieces.put(name, heard)  # the last: a segment without it was not finished
        done(segment.until_ms - segment.from_ms)


def _keep(pieces: Pieces, segment: Segment, sound: Sound) -> None:
    with pieces.muxing(f"sound-{segment.number:05}") as out:
        stream = out.add_stream(LOSSLESS, rate=RATE)
        stream.layout, stream.format = "stereo", "s16"
        whole = np.clip(sound.T.reshape(1, -1) * 32_767, -32_768, 32_767).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(whole, format="s16", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        for packet in (*stream.encode(frame), *stream.encode(None)):
            out.mux(packet)


def all_levels(pieces: Pieces, todo: Sequence[Segment]) -> dict[str, list[int]]:
    """person_id -> levels of the whole file."""
    rows: dict[str, list[int]] = {}
    for segment in todo:
        heard = pieces.get(f"heard-{segment.number:05}", Heard)
        at = segment.from_ms // WINDOW_MS
        for who, levels in heard.levels.items():
            row = rows.setdefault(who, [])
            row += [SILENCE_DB] * (at - len(row))
            del row[at:]
            row += levels
    return rows

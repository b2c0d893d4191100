"""When something of a meeting is to be seen in the composed file: pure arithmetic over facts and manifests.

The composed file is a row of parts: what was recorded, without a break; and cards that stand for what was not (a pause,
a recording that was stopped and begun again). Nothing outside the recorded stretches ever gets into a part.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import Literal, TypeAlias

import msgspec

from recordings.manifest import Manifest
from server.meeting import facts
from server.meeting.facts import NumberedFact

FPS = 25
FRAME_MS = 1000 // FPS
CARD_MS = 3_000
HOLE_MS = 60_000  # nothing at all came for so long: a card stands for it
Why: TypeAlias = Literal["paused", "stopped", "silent"]


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """at_ms, length_ms: in the composed file, whole frames. wall_ms: Unix ms at its beginning; for a card (`card` says
    why) also until_wall_ms, the end of what it stands for. from_ms: on the clock of the recording, if it is one."""

    at_ms: int
    length_ms: int
    wall_ms: int
    until_wall_ms: int
    recording_id: str = ""
    from_ms: int = 0
    card: Why | Literal[""] = ""

    @property
    def end_ms(self) -> int:
        return self.at_ms + self.length_ms


class Stretch(msgspec.Struct, frozen=True):
    """On record without a pause, in Unix ms. ended: by what, for the card that follows."""

    recording_id: str
    from_wall_ms: int
    until_wall_ms: int
    ended: Why


def stretches(record: Iterable[NumberedFact]) -> list[Stretch]:
    """One that has no end yet is left out."""
    found: list[Stretch] = []
    recording_id, since_ms = "", 0
    for one in record:
        match one.fact:
            case facts.RecordingStarted(recording_id=recording_id):
                since_ms = one.at_ms
            case facts.RecordingResumed():
                since_ms = one.at_ms
            case facts.RecordingPaused() if since_ms:
                found.append(Stretch(recording_id, since_ms, one.at_ms, "paused"))
                since_ms = 0
            case facts.RecordingStopped():
                if since_ms:
                    found.append(Stretch(recording_id, since_ms, one.at_ms, "stopped"))
                elif found and found[-1].recording_id == recording_id:
                    found[-1] = msgspec.structs.replace(found[-1], ended="stopped")
                since_ms = 0
    return found


def parts_of(record: Iterable[NumberedFact], manifests: Sequence[Manifest]) -> tuple[Part, ...]:
    """Parts in order; none where nothing was taken."""
    pieces: list[tuple[Stretch, Manifest, int, int]] = []
    known = {one.recording_id: one for one in manifests}
    for stretch in stretches(record):
        manifest = known.get(stretch.recording_id)
        if manifest is not None:
            pieces += [(stretch, manifest, *piece) for piece in _covered(stretch, manifest)]
    parts: list[Part] = []
    at_ms, before = 0, None
    for stretch, manifest, from_ms, until_ms in pieces:
        wall_ms = manifest.began_ms + from_ms
        if before is not None:
            why: Why = "silent" if before[0] == stretch else before[0].ended
            parts.append(
                Part(at_ms=at_ms, length_ms=CARD_MS, wall_ms=before[1], until_wall_ms=max(before[1], wall_ms), card=why)
            )
            at_ms += CARD_MS
        length_ms = max(FRAME_MS, (until_ms - from_ms) // FRAME_MS * FRAME_MS)
        end_ms = wall_ms + length_ms
        parts.append(
            Part(
                at_ms=at_ms,
                length_ms=length_ms,
                wall_ms=wall_ms,
                until_wall_ms=end_ms,
                recording_id=stretch.recording_id,
                from_ms=from_ms,
            )
        )
        at_ms += length_ms
        before = (stretch, end_ms)
    return tuple(parts)


def _covered(stretch: Stretch, manifest: Manifest) -> list[tuple[int, int]]:
    """Of the stretch, on the recording's clock: where any stream is, long holes left out."""
    least = max(0, stretch.from_wall_ms - manifest.began_ms)
    most = stretch.until_wall_ms - manifest.began_ms
    spans = sorted(
        (max(one.from_ms, least), min(one.until_ms, most))
        for one in manifest.files
        if one.frames and one.from_ms < most and one.until_ms > least
    )
    merged: list[tuple[int, int]] = []
    for begin, end in spans:
        if merged and begin - merged[-1][1] < HOLE_MS:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((begin, end))
    return [one for one in merged if one[1] - one[0] >= FRAME_MS]


def length_ms(parts: Sequence[Part]) -> int:
    return parts[-1].end_ms if parts else 0


def composed_ms(parts: Sequence[Part], wall_ms: int) -> int:
    """Where a moment (Unix ms) is in the composed file. One that was not recorded: at the card that stands for it;
    before everything: at 0; after everything: at the end."""
    at = bisect_right(parts, wall_ms, key=lambda part: part.wall_ms) - 1
    if at < 0:
        return 0
    part = parts[at]
    if part.card or wall_ms >= part.until_wall_ms:
        return part.at_ms if part.card else part.end_ms
    return part.at_ms + wall_ms - part.wall_ms


def wall_of(parts: Sequence[Part], at_ms: int) -> int:
    """Unix ms of a moment of the composed file; within a card: when what it stands for began."""
    at = max(0, bisect_right(parts, at_ms, key=lambda part: part.at_ms) - 1)
    if not parts:
        return 0
    part = parts[at]
    return part.wall_ms if part.card else min(part.until_wall_ms, part.wall_ms + max(0, at_ms - part.at_ms))

"""Two looks at a browser's counts, and what lies between them."""

from __future__ import annotations

from dataclasses import dataclass

from tests.interop.people import Person


@dataclass(frozen=True, slots=True)
class Watched:
    """What one viewer saw and heard in that time."""

    seconds: float
    frames: float
    frozen: float  # share of the time
    concealed: float  # share of the samples, without those in which there was nothing to hear
    width: int
    sound_packets: float
    raw: dict[str, float]

    def __str__(self) -> str:
        raw = self.raw
        wait_ms = 1000 * raw["soundWaitS"] / max(1.0, raw["soundWaited"])
        return (
            f"{self.frames / self.seconds:.1f} frames/s, {self.width} wide, frozen {self.frozen:.1%} "
            f"({raw['freezes']:.0f} times), {raw['keyFrames']:.0f} key frames, "
            f"{raw['bytes'] * 8 / self.seconds / 1000:.0f} kbit/s; sound concealed {self.concealed:.1%} "
            f"({raw['soundLost']:.0f} lost, {raw['soundDiscarded']:.0f} late of {self.sound_packets:.0f} packets, "
            f"wait {wait_ms:.0f} ms)"
        )


async def watch(*people: Person, seconds: float) -> list[Watched]:
    """Look, look again when so much time has passed, and compare."""
    before = [await one.look("counts") for one in people]
    after = [await later(one, first["ms"] + seconds * 1000) for one, first in zip(people, before, strict=True)]
    return [between(first, last) for first, last in zip(before, after, strict=True)]


async def later(person: Person, until_ms: float) -> dict[str, float]:
    """The counts when the page's own clock has come so far."""
    counts: dict[str, float] = await person.wait("countsAt", until_ms)
    return counts


def between(before: dict[str, float], after: dict[str, float]) -> Watched:
    raw = {key: after[key] - before[key] for key in after if not key.lower().endswith("width")}
    seconds = raw["ms"] / 1000
    heard = raw["concealed"] - raw["silent"]
    return Watched(
        seconds,
        raw["frames"],
        raw["frozenS"] / seconds,
        heard / max(1.0, raw["samples"]),
        int(after["width"]),
        raw["soundPackets"],
        raw,
    )

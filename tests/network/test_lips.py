"""A picture that flashes and a sound that beeps at one moment arrive at one moment, whatever the server did to either:
beat by beat the delay of the picture less the delay of the sound, from the sender's capture to the viewer's senses.

A browser holds pictures back in steps, one a second, until they are as late as sound, from what sender reports tell it:
with reports that are wrong by more than what is allowed here it never gets there.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import pytest

from tests.interop.people import Person
from tests.network.conftest import Two

pytestmark = [pytest.mark.browser, pytest.mark.asyncio]

IN_STEP_MS = 40
WITHIN_S = 25
BEATS = 5
BEAT_MS = 1_000
SOONER_MS = 90  # clocks are read late
SMALL, SMALL_PX = (420, 320), 320


async def test_lips_match(two_in_step: Two, measured: Callable[[str], None]) -> None:
    speaker, viewer = two_in_step.speaker, two_in_step.viewer
    await viewer.clicks("button", "mikrofon")
    assert await speaker.look("lookAtOwn")
    assert await viewer.look("lookAtOther", speaker.name)
    measured(await come_into_step(speaker, viewer, "at first"))

    await viewer.page.resize(*SMALL)
    await viewer.wait("wide", speaker.name, SMALL_PX)
    measured(await come_into_step(speaker, viewer, "after a switch of layers"))

    await speaker.clicks("button", "mikrofon")
    await speaker.look("afterSeconds", 2)
    await speaker.clicks("button", "mikrofon")
    measured(await come_into_step(speaker, viewer, "after muting"))


async def come_into_step(speaker: Person, viewer: Person, when: str) -> str:
    """Until the middle one of five beats in a row is in step; a sentence that says what was seen."""
    began_s = time.monotonic()
    since_ms = (await viewer.look("clock")) + BEAT_MS / 2
    skews_ms: list[float] = []
    while time.monotonic() - began_s < WITHIN_S:
        await viewer.look("afterSeconds", 1)
        ours, theirs = await speaker.look("moments"), await viewer.look("moments")
        skews_ms = [skew for at, skew in skews(ours, theirs) if at >= since_ms]
        latest = skews_ms[-BEATS:]
        if len(latest) == BEATS and abs(statistics.median(latest)) <= IN_STEP_MS:
            told = " ".join(f"{one:+.0f}" for one in skews_ms)
            return f"Lips {when}: pictures behind sound by {told} ms, in step after {time.monotonic() - began_s:.0f} s"
    pytest.fail(f"Lips {when}: pictures behind sound by {skews_ms} ms after {WITHIN_S} s")


def skews(ours: dict[str, list[float]], theirs: dict[str, list[float]]) -> list[tuple[float, float]]:
    """Of each beat that was both seen and heard: (when it was sent, delay of the picture less delay of the sound)."""
    found = []
    for flash_ms in ours["flashes"]:
        beep_ms = nearest(ours["beeps"], flash_ms)
        if beep_ms is None or abs(beep_ms - flash_ms) > BEAT_MS / 3:
            continue
        seen_ms, heard_ms = next_after(theirs["flashes"], flash_ms), next_after(theirs["beeps"], beep_ms)
        if seen_ms is not None and heard_ms is not None:
            found.append((flash_ms, (seen_ms - flash_ms) - (heard_ms - beep_ms)))
    return found


def nearest(moments: list[float], to_ms: float) -> float | None:
    return min(moments, key=lambda one: abs(one - to_ms), default=None)


def next_after(moments: list[float], sent_ms: float) -> float | None:
    return next((one for one in moments if -SOONER_MS <= one - sent_ms < BEAT_MS - SOONER_MS), None)

"""A viewer's line is squeezed to 300 kbit/s and released: sound stays whole, a small picture moves, all comes back."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.interop.people import Person
from tests.network.conftest import Two
from tests.network.counts import Watched, watch
from tests.network.line import FAIR, Weather

pytestmark = [pytest.mark.browser, pytest.mark.asyncio]

THIN = Weather(rate_bps=300_000, queue_ms=200)
SMALL_PX, LARGE_PX = 320, 640
WATCHED_S = 10
SETTLES_IN_S = 12
MOST_CONCEALED = 0.02
LEAST_FRAMES_A_SECOND = 10
MOST_FROZEN = 0.10
BACK_WITHIN_S = 10


async def test_a_squeezed_viewer_keeps_sound_and_a_small_picture_and_comes_back(
    two: Two, measured: Callable[[str], None]
) -> None:
    speaker, viewer, line = two.speaker, two.viewer, two.line
    await viewer.clicks("button", "kamera")  # the line is the viewer's alone
    await viewer.wait("wide", speaker.name, LARGE_PX)

    line.down = THIN
    await settles(viewer)
    (seen,) = await watch(viewer, seconds=WATCHED_S)
    measured(f"At 300 kbit/s: {seen}")

    line.down = FAIR
    released_s = time.monotonic()
    await viewer.wait("wide", speaker.name, LARGE_PX)
    back_s = time.monotonic() - released_s
    measured(f"{LARGE_PX} pixels wide again {back_s:.1f} s after release")

    assert seen.concealed < MOST_CONCEALED, seen
    assert seen.sound_packets > WATCHED_S * 45, seen
    assert seen.width == SMALL_PX, seen
    assert seen.frames > WATCHED_S * LEAST_FRAMES_A_SECOND, seen
    assert seen.frozen < MOST_FROZEN, seen
    assert back_s < BACK_WITHIN_S
    await viewer.sees_moving(speaker)


async def settles(viewer: Person) -> Watched:
    """Until a second passes with whole sound and a small picture: what was in the queue when it got thin is gone."""
    for _ in range(SETTLES_IN_S):
        (second,) = await watch(viewer, seconds=1)
        if second.width == SMALL_PX and second.frames > 0 and second.raw["soundLost"] <= 0:
            return second
    pytest.fail(f"neither sound nor picture settled on the thin line: {second}")

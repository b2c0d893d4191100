"""Random loss and jitter both ways, before real Chromium: sound stays whole, and pictures go on.

How long pictures froze is told and not held: on a quiet machine it was 9 to 16 % at 5 % and at 10 % of loss, where 1 %
and 3 % are wanted. Which side causes it has not been separated yet.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.network.conftest import Two
from tests.network.counts import watch
from tests.network.line import Weather

pytestmark = [pytest.mark.browser, pytest.mark.asyncio]

JITTER_MS = 50
SETTLES_S, WATCHED_S = 3, 20
#: loss: (most of the sound concealed, least frames a second of 15)
BOUNDS = {0.05: (0.02, 3.0), 0.10: (0.05, 3.0), 0.30: (0.40, 0.2)}


async def test_sound_and_pictures_outlive_loss_and_jitter(two: Two, measured: Callable[[str], None]) -> None:
    people = (two.speaker, two.viewer)
    for seen in await watch(*people, seconds=5):
        measured(f"no loss: {seen}")
    results = []
    for loss in BOUNDS:
        two.line.up = two.line.down = Weather(loss=loss, jitter_ms=JITTER_MS)
        await watch(two.viewer, seconds=SETTLES_S)
        for seen in await watch(*people, seconds=WATCHED_S):
            measured(f"{loss:.0%} loss and {JITTER_MS} ms of jitter: {seen}")
            results.append((loss, seen))
    for loss, seen in results:
        most_concealed, least_frames = BOUNDS[loss]
        assert seen.concealed < most_concealed, (loss, seen)
        assert seen.frames >= least_frames * seen.seconds, (loss, seen)

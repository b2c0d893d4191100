"""Random loss and jitter both ways, before real Chromium: sound stays whole, and pictures go on.

The first seconds are told and not held: until the viewer's page has noticed, what is repaired comes too late. Jitter
alone comes first: a picture that stands still then shows a machine that cannot encode and show two films, not a line.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.network.conftest import Two
from tests.network.counts import watch
from tests.network.line import Weather

pytestmark = [pytest.mark.browser, pytest.mark.asyncio]

JITTER_MS = 50
SETTLES_S, WATCHED_S = 8, 20
#: loss: (most of the sound concealed, most of the time frozen, least frames a second of 15)
BOUNDS = {0.0: (0.01, 0.01, 14.0), 0.05: (0.02, 0.06, 13.0), 0.10: (0.05, 0.08, 12.0), 0.30: (0.20, 1.0, 0.2)}


async def test_sound_and_pictures_outlive_loss_and_jitter(two: Two, measured: Callable[[str], None]) -> None:
    people = (two.speaker, two.viewer)
    for seen in await watch(*people, seconds=5):
        measured(f"no loss: {seen}")
    results = []
    for loss in BOUNDS:
        two.line.up = two.line.down = Weather(loss=loss, jitter_ms=JITTER_MS)
        weather = f"{loss:.0%} loss and {JITTER_MS} ms of jitter"
        for seen in await watch(*people, seconds=SETTLES_S):
            measured(f"{weather}, the first {SETTLES_S} s: {seen}")
        for seen in await watch(*people, seconds=WATCHED_S):
            measured(f"{weather}: {seen}")
            results.append((loss, seen))
    for loss, seen in results:
        most_concealed, most_frozen, least_frames = BOUNDS[loss]
        assert seen.concealed < most_concealed, (loss, seen)
        assert seen.frozen < most_frozen, (loss, seen)
        assert seen.frames >= least_frames * seen.seconds, (loss, seen)

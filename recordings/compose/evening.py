"""Makes quiet people as loud as loud ones, before they are mixed: each has a track of their own, so nobody's gain lifts
another one's noise. Pure arithmetic on levels; the whole file's loudness (EBU R 128) is set at the end.
"""

from __future__ import annotations

from collections.abc import Sequence

from recordings.speaker import LOUD_DB

SPEECH_DB = -23.0  # what everybody's speech is brought to before mixing
LEAST_DB, MOST_DB = -12.0, 18.0
FOLLOWS = 0.04  # of the difference, each window of speech: about two seconds and a half


def gains(levels: Sequence[int], before_db: float | None) -> tuple[list[float], float | None]:
    """levels: dBFS of each window; before_db: how loud this person's speech was until now, None: not heard yet. Returns
    the gain in dB at each window, and how loud they are now."""
    loud_db = before_db
    if loud_db is None:
        first = [one for one in levels if one > LOUD_DB][:20]
        loud_db = sum(first) / len(first) if first else None
    found: list[float] = []
    for level in levels:
        if loud_db is not None and level > LOUD_DB:
            loud_db += (level - loud_db) * FOLLOWS
        gain = 0.0 if loud_db is None else SPEECH_DB - loud_db
        found.append(min(MOST_DB, max(LEAST_DB, gain)))
    return found, loud_db

"""Who speaks, from how loud everybody is: pure. A cough, or two words said in between, do not turn the picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

WINDOW_MS = 100
SILENCE_DB = -100
LOUD_DB = -45  # of full scale; a voice in a quiet room is at about -30
TAKES_OVER_MS = 800  # so long the loudest
STAYS_MS = 2_500  # at least


class Speech(msgspec.Struct, frozen=True, array_like=True):
    """Somebody has the word from then until then, in ms of the composed file."""

    person_id: str
    from_ms: int
    until_ms: int


def speeches(levels: Mapping[str, Sequence[int]]) -> list[Speech]:
    """levels: person_id -> dBFS of every window from 0 on (a shorter one: silent afterwards). Who spoke last has the
    word until somebody else speaks. Without gaps from the first word on; nobody twice in a row."""
    found: list[Speech] = []
    count = max(map(len, levels.values()), default=0)
    order = sorted(levels)
    rival, rival_since = "", 0
    current, since = "", 0
    for at in range(count):
        loudest = _loudest(levels, order, at)
        if not loudest or loudest == current:
            rival = ""
            continue
        if loudest != rival:
            rival, rival_since = loudest, at
        waited = (at + 1 - rival_since) * WINDOW_MS >= TAKES_OVER_MS
        settled = not current or (at - since) * WINDOW_MS >= STAYS_MS
        if waited and settled:
            begins = max(rival_since, since + STAYS_MS // WINDOW_MS) if current else rival_since
            if current:
                found.append(Speech(current, since * WINDOW_MS, begins * WINDOW_MS))
            current, since, rival = rival, begins, ""
    if current:
        found.append(Speech(current, since * WINDOW_MS, count * WINDOW_MS))
    return found


def _loudest(levels: Mapping[str, Sequence[int]], order: Sequence[str], at: int) -> str:
    best, best_db = "", LOUD_DB
    for one in order:
        row = levels[one]
        if at < len(row) and row[at] > best_db:
            best, best_db = one, row[at]
    return best


def voices(levels: Mapping[str, Sequence[int]], *, bridges_ms: int = 600, least_ms: int = 300) -> list[Speech]:
    """Everybody's own words, also where two speak at once: for bars on a page. In the order of their beginning."""
    found: list[Speech] = []
    for one, row in levels.items():
        begun = last = -1
        for at, level in enumerate(row):
            if level <= LOUD_DB:
                continue
            if begun >= 0 and (at - last) * WINDOW_MS > bridges_ms:
                found.append(Speech(one, begun * WINDOW_MS, (last + 1) * WINDOW_MS))
                begun = at
            begun, last = (at if begun < 0 else begun), at
        if begun >= 0:
            found.append(Speech(one, begun * WINDOW_MS, (last + 1) * WINDOW_MS))
    return sorted((one for one in found if one.until_ms - one.from_ms >= least_ms), key=lambda one: one.from_ms)

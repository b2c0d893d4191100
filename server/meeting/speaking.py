"""How long each person has spoken, from what the media plane heard: counted while it goes on, told once per agenda
item. Pure: whoever counts says what time it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from server.meeting import commands, facts
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact, NumberedFact
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

SHORTEST_MS = 1_000
"""Less than this is a cough, and no line of the record."""


class Listening:
    """Who is heard now, and for how long each was since the last `take`. Times are monotonic, ms."""

    def __init__(self) -> None:
        self._since_ms = 0
        self._now: frozenset[str] = frozenset()
        self._times: dict[str, int] = {}

    def hear(self, person_ids: Iterable[str], now_ms: int) -> None:
        """These speak from now on, and those before spoke until now. Two at once both speak."""
        self._count(now_ms)
        self._now = frozenset(person_ids)

    def so_far(self, now_ms: int) -> dict[str, int]:
        """person_id -> ms."""
        self._count(now_ms)
        return dict(self._times)

    def take(self, now_ms: int) -> dict[str, int]:
        """The same, and begin anew; who speaks goes on speaking."""
        taken = self.so_far(now_ms)
        self._times.clear()
        return taken

    def _count(self, now_ms: int) -> None:
        passed_ms = max(0, now_ms - self._since_ms)
        self._since_ms = now_ms
        for person_id in self._now if passed_ms else ():
            self._times[person_id] = self._times.get(person_id, 0) + passed_ms


def totals(journal: Iterable[NumberedFact]) -> dict[str, dict[str, int]]:
    """person_id -> item_id ("" outside any) -> ms, over the whole meeting."""
    spoken: dict[str, dict[str, int]] = {}
    for one in journal:
        if isinstance(one.fact, facts.SpeakingMeasured):
            for person_id, ms in one.fact.times:
                by_item = spoken.setdefault(person_id, {})
                by_item[one.fact.item_id] = by_item.get(one.fact.item_id, 0) + ms
    return spoken


def _report(state: State, wish: commands.ReportSpeaking, _: Actor, __: int) -> Facts:
    times = tuple(sorted((who, ms) for who, ms in wish.times if ms >= SHORTEST_MS and who in state.people))
    return (facts.SpeakingMeasured(state.current_item_id, times),) if times else ()


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {commands.ReportSpeaking: _report}

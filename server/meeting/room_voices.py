"""Listens for one room: who is heard, told to those who lead it, and handed over when an item ends. Writes nothing.

What was heard since the last item ended is lost with a process that is killed; one that ends in order writes it down.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from server.clock import Clock
from server.meeting import commands, roles
from server.meeting.commands import Actor, Command
from server.meeting.ports import Hint
from server.meeting.speaking import Listening
from server.meeting.state import State

TELL_MS = 5_000


class RoomVoices:
    def __init__(self, state: Callable[[], State], clock: Clock, hint: Callable[[Hint, str | None], None]) -> None:
        self._state, self._clock, self._hint = state, clock, hint
        self._listening = Listening()
        self._told_ms = 0
        self._heard = False  # somebody is, now

    def hear(self, levels: Mapping[str, int]) -> None:
        """These sessions speak from now on. Before the meeting is opened nobody's time counts."""
        state = self._state()
        heard = [state.sessions[one].person_id for one in levels if one in state.sessions]
        self._heard = bool(heard)
        self._listening.hear(heard if state.status == "open" else (), self._clock.monotonic_ms())

    def tell(self) -> None:
        """Chair and secretary, every few seconds while somebody speaks."""
        now_ms, state = self._clock.monotonic_ms(), self._state()
        if not self._heard or now_ms < self._told_ms + TELL_MS:
            return
        self._told_ms = now_ms
        spoken = Hint("spoken", {"times": self._listening.so_far(now_ms)})
        for session in state.sessions.values():
            if state.role(session.person_id) in roles.LEADERS:
                self._hint(spoken, session.session_id)

    def ends(self, command: Command, actor: Actor) -> bool:
        """Whether an item ends with this wish; only who may end one makes what was heard be written down."""
        if not isinstance(command, (commands.OpenItem, commands.CloseMeeting)):
            return False
        return self._state().role(actor.person_id) in roles.LEADERS

    def report(self, before: Command | None) -> commands.ReportSpeaking | None:
        """What was heard since the last one, and what `before` (not written yet) says; None: nobody."""
        times = self._listening.take(self._clock.monotonic_ms())
        for who, ms in before.times if isinstance(before, commands.ReportSpeaking) else ():
            times[who] = times.get(who, 0) + ms
        return commands.ReportSpeaking(tuple(times.items())) if times else None

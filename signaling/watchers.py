"""Who watches which room, and what each of them may see: the Audience of the meetings.

Synchronous throughout: every call only queues. What may be seen is decided by the meeting's views, not here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from server.meeting import views
from server.meeting.facts import (
    Fact,
    GuestAdmitted,
    GuestRefused,
    InvitationChanged,
    MeetingCancelled,
    MeetingClosed,
    NumberedFact,
    Role,
    WaitingTold,
)
from server.meeting.ports import Hint
from signaling import translate
from signaling.outbox import Outbox


class Waiter(Protocol):
    """The connection of a guest who waits to be let in."""

    def admitted(self) -> None: ...

    def told(self, text: str) -> None: ...

    def turned_away(self, code: str) -> None: ...


@dataclass(slots=True)
class Watcher:
    """One session's connection that has entered."""

    meeting_id: str
    session_id: str
    person_id: str
    role: Role
    outbox: Outbox
    say_goodbye: Callable[[str], None]


class Watchers:
    """Implements server.meeting.ports.Audience."""

    def __init__(self) -> None:
        self._watchers: dict[str, dict[str, Watcher]] = {}
        self._waiting: dict[str, dict[str, Waiter]] = {}

    # ------------------------------------------------------------ who watches

    def watch(self, watcher: Watcher) -> None:
        """From now on; an earlier connection of the same session gets nothing more."""
        self._watchers.setdefault(watcher.meeting_id, {})[watcher.session_id] = watcher

    def unwatch(self, watcher: Watcher) -> bool:
        """False if another connection has taken this session over already."""
        room = self._watchers.get(watcher.meeting_id, {})
        if room.get(watcher.session_id) is not watcher:
            return False
        del room[watcher.session_id]
        if not room:
            del self._watchers[watcher.meeting_id]
        return True

    def watching(self, meeting_id: str, session_id: str) -> Watcher | None:
        return self._watchers.get(meeting_id, {}).get(session_id)

    def wait(self, meeting_id: str, waiting_id: str, waiter: Waiter) -> None:
        self._waiting.setdefault(meeting_id, {})[waiting_id] = waiter

    def stop_waiting(self, meeting_id: str, waiting_id: str, waiter: Waiter) -> bool:
        """False if another connection waits in its place already, or nobody does."""
        room = self._waiting.get(meeting_id, {})
        if room.get(waiting_id) is not waiter:
            return False
        del room[waiting_id]
        if not room:
            del self._waiting[meeting_id]
        return True

    def is_waiting(self, meeting_id: str, waiting_id: str) -> bool:
        return waiting_id in self._waiting.get(meeting_id, {})

    # ------------------------------------------------------------ the Audience

    def facts(self, meeting_id: str, facts: Sequence[NumberedFact]) -> None:
        for numbered in facts:
            self._tell_waiting(meeting_id, numbered.fact)
        watchers = self._watchers.get(meeting_id)
        if not watchers:
            return
        wires: dict[int, tuple[NumberedFact, translate.Wire]] = {}  # each is translated once, however many watch
        for watcher in watchers.values():
            watcher.outbox.put_facts(self._seen(watcher, facts, wires))
            if any(_is_new_role(watcher, numbered.fact) for numbered in facts):
                watcher.outbox.abandon()  # sees other things from now on: comes in anew, with a fresh snapshot

    def seen_by(self, watcher: Watcher, facts: Sequence[NumberedFact]) -> list[translate.Wire]:
        """Facts as they travel to this watcher, without what they may not see."""
        return self._seen(watcher, facts, {})

    def _seen(
        self,
        watcher: Watcher,
        facts: Sequence[NumberedFact],
        wires: dict[int, tuple[NumberedFact, translate.Wire]],
    ) -> list[translate.Wire]:
        seen = [sight for fact in facts if (sight := views.visible(fact, watcher.role))]
        return [_translated(fact, wires) for fact in seen]

    def hint(self, meeting_id: str, hint: Hint, session_id: str | None = None) -> None:
        key, wire = translate.hint_key(hint), translate.hint(hint)
        for watcher in self._addressed(meeting_id, session_id):
            watcher.outbox.put_hint(key, wire)

    def dismissed(self, meeting_id: str, session_id: str, code: str) -> None:
        if (watcher := self.watching(meeting_id, session_id)) is not None:
            watcher.say_goodbye(code)

    # ------------------------------------------------------------ inside

    def _addressed(self, meeting_id: str, session_id: str | None) -> Iterable[Watcher]:
        room: Mapping[str, Watcher] = self._watchers.get(meeting_id, {})
        if session_id is None:
            return room.values()
        return [room[session_id]] if session_id in room else []

    def _tell_waiting(self, meeting_id: str, fact: Fact) -> None:
        room = self._waiting.get(meeting_id)
        if not room:
            return
        if isinstance(fact, GuestAdmitted) and (waiter := room.get(fact.waiting_id)):
            waiter.admitted()
        elif isinstance(fact, GuestRefused) and (waiter := room.get(fact.waiting_id)):
            waiter.turned_away("refused")
        elif isinstance(fact, WaitingTold):
            for waiter in list(room.values()):
                waiter.told(fact.text)
        elif isinstance(fact, (MeetingClosed, MeetingCancelled)):
            for waiter in list(room.values()):
                waiter.turned_away("closed")


def _is_new_role(watcher: Watcher, fact: Fact) -> bool:
    return isinstance(fact, InvitationChanged) and fact.person_id == watcher.person_id and fact.role != watcher.role


def _translated(fact: NumberedFact, wires: dict[int, tuple[NumberedFact, translate.Wire]]) -> translate.Wire:
    if id(fact) not in wires:
        wires[id(fact)] = (fact, translate.fact(fact))  # holds the fact, so that its id stays its own
    return wires[id(fact)][1]

"""Who was there, from when until when, computed from the facts alone: per person, for the meeting and per agenda item.

Pure. A person counts while connected *and* confirmed (media flows, or the person acted), between the meeting's opening
and its closing. No rights, no names of statuses in any language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from server.meeting import facts
from server.meeting.facts import Fact, NumberedFact, Role
from server.meeting.intervals import Interval, Intervals, common, merged, total_ms, without

Status: TypeAlias = Literal["present", "late", "represented", "excused", "absent"]
Manner: TypeAlias = Literal["online", "room", "both", ""]

TOLERANCE_MS = 15 * 60_000
"""Coming this long after the start is not late yet, going this long before the end is not early yet."""


@dataclass(frozen=True, slots=True)
class Attendee:
    """One line of the daftar hadir. `first_in_ms` and `last_out_ms` are 0 for who never was there; `last_out_ms` of who
    is still there is the moment of asking. `by_item`: item_id ("" never) -> stretches within that item. `manner`: over
    the own device, in the room as the secretary saw it, or both. `stand_in_id`: who is there for them; `stands_for`:
    the other way round. `corrected`: the secretary marked or struck some of it. `signature`: an SVG path, of who
    checked in and signed in the room; "" of others. `spoken_ms`: as the server heard them, in all items and outside."""

    person_id: str
    name: str
    role: Role
    function: str
    office: str
    rank: str
    nip: str
    status: Status
    left_early: bool
    here_now: bool
    first_in_ms: int
    last_out_ms: int
    total_ms: int
    intervals: Intervals
    by_item: Mapping[str, Intervals]
    manner: Manner = ""
    excuse: str = ""
    stand_in_id: str = ""
    stands_for: tuple[str, ...] = ()
    corrected: bool = False
    signature: str = ""
    spoken_ms: int = 0


@dataclass(frozen=True, slots=True)
class ItemTime:
    """When one agenda item was discussed: an item may be taken up several times."""

    item_id: str
    title: str
    intervals: Intervals


@dataclass(frozen=True, slots=True)
class SharedRoom:
    """A meeting room whose people share one device: nobody's attendance, but what was said in it was said."""

    person_id: str
    name: str
    spoken_ms: int


@dataclass(frozen=True, slots=True)
class Attendance:
    """`opened_ms` 0: not opened yet. `until_ms`: the closing, or the moment of asking. `gaps`: the server or the media
    process was not there; the first end presence, the second do not. Attendees in the order they were invited;
    `watched`: how many of the public were there, who are in no list."""

    opened_ms: int
    closed_ms: int
    until_ms: int
    items: tuple[ItemTime, ...]
    attendees: tuple[Attendee, ...]
    gaps: Intervals
    rooms: tuple[SharedRoom, ...] = ()
    watched: int = 0


def attendance(journal: Iterable[NumberedFact], now_ms: int, tolerance_ms: int = TOLERANCE_MS) -> Attendance:
    """From all facts of a meeting, as seen at `now_ms` (of no consequence once it is closed)."""
    book = _Book()
    for numbered in journal:
        book.last_ms = numbered.at_ms
        read = _READ.get(type(numbered.fact))
        if read is not None:
            read(book, numbered.fact, numbered.at_ms)
    return book.close(now_ms, tolerance_ms)


class _Book:
    """What has been read so far. Lives only within one call of `attendance`."""

    def __init__(self) -> None:
        self.starts_ms = 0
        self.opened_ms = 0
        self.closed_ms = 0
        self.last_ms = 0
        self.titles: dict[str, str] = {}
        self.people: dict[str, facts.Invited | facts.InvitationChanged] = {}
        self.revoked: set[str] = set()
        self.person_of: dict[str, str] = {}  # session_id -> person_id, of those connected
        self.since: dict[str, int] = {}  # session_id -> confirmed since
        self.here: dict[str, list[Interval]] = {}
        self.item_id = ""
        self.item_since_ms = 0
        self.item_times: dict[str, list[Interval]] = {}
        self.media_down_ms = 0
        self.gaps: list[Interval] = []
        self.marks: dict[str, facts.PresenceMarked] = {}
        self.strikes: list[facts.PresenceStruck] = []
        self.excuses: dict[str, str] = {}
        self.stand_ins: dict[str, str] = {}
        self.rooms: set[str] = set()  # no people, though they join as such
        self.signatures: dict[str, str] = {}
        self.spoken: dict[str, int] = {}

    def end_presence(self, session_id: str, at_ms: int) -> None:
        from_ms = self.since.pop(session_id, None)
        if from_ms is not None:
            self.here.setdefault(self.person_of[session_id], []).append(Interval(from_ms, at_ms))

    def end_item(self, at_ms: int) -> None:
        if self.item_id:
            self.item_times.setdefault(self.item_id, []).append(Interval(self.item_since_ms, at_ms))
        self.item_id = ""

    def end_media_gap(self, at_ms: int) -> None:
        if self.media_down_ms:
            self.gaps.append(Interval(self.media_down_ms, at_ms))
        self.media_down_ms = 0

    def close(self, now_ms: int, tolerance_ms: int) -> Attendance:
        until_ms = self.closed_ms or max(now_ms, self.last_ms)
        here_now = {self.person_of[session_id] for session_id in self.since} if not self.closed_ms else set()
        for session_id in list(self.since):
            self.end_presence(session_id, until_ms)
        self.end_item(until_ms)
        self.end_media_gap(until_ms)
        whole = (Interval(self.opened_ms, until_ms),) if self.opened_ms else ()
        items = self._items(whole)
        attendees = tuple(
            self._attendee(one, whole, items, one.person_id in here_now, tolerance_ms)
            for one in self.people.values()
            if (one.person_id not in self.revoked or one.person_id in self.here) and self._is_listed(one)
        )
        rooms = tuple(
            SharedRoom(one.person_id, one.name, self.spoken.get(one.person_id, 0))
            for one in self.people.values()
            if one.person_id in self.rooms
        )
        watched = sum(one.role == "watcher" and one.person_id in self.here for one in self.people.values())
        gaps = common(merged(self.gaps), whole)
        return Attendance(self.opened_ms, self.closed_ms, until_ms, items, attendees, gaps, rooms, watched)

    def _is_listed(self, one: facts.Invited | facts.InvitationChanged) -> bool:
        return one.person_id not in self.rooms and one.role != "watcher"

    def _items(self, whole: Intervals) -> tuple[ItemTime, ...]:
        return tuple(
            ItemTime(item_id, title, common(self.item_times.get(item_id, ()), whole))
            for item_id, title in self.titles.items()
        )

    def _attendee(
        self,
        one: facts.Invited | facts.InvitationChanged,
        whole: Intervals,
        items: tuple[ItemTime, ...],
        here_now: bool,
        tolerance_ms: int,
    ) -> Attendee:
        struck = tuple(
            Interval(gone.from_ms, gone.until_ms) for gone in self.strikes if gone.person_id == one.person_id
        )
        seen_here, seen_online = (self._marked(one.person_id, place, whole) for place in ("room", "online"))
        online = without(common((*self.here.get(one.person_id, ()), *seen_online), whole), struck)
        in_room = without(common(seen_here, whole), struck)
        intervals = merged((*online, *in_room))
        first_in_ms = intervals[0].from_ms if intervals else 0
        last_out_ms = intervals[-1].to_ms if intervals else 0
        # Nobody is late for a meeting that has not begun: what counts is the later of the planned and the real start.
        late = first_in_ms > max(self.starts_ms, self.opened_ms) + tolerance_ms
        return Attendee(
            one.person_id,
            one.name,
            one.role,
            one.function,
            one.office,
            one.rank,
            one.nip,
            self._status(one.person_id, intervals, late=late),
            left_early=bool(intervals) and 0 < last_out_ms < self.closed_ms - tolerance_ms,
            here_now=self._here_now(one.person_id, by_device=here_now),
            first_in_ms=first_in_ms,
            last_out_ms=last_out_ms,
            total_ms=total_ms(intervals),
            intervals=intervals,
            by_item={item.item_id: common(intervals, item.intervals) for item in items},
            manner="both" if online and in_room else "online" if online else "room" if in_room else "",
            excuse=self.excuses.get(one.person_id, ""),
            stand_in_id=self.stand_ins.get(one.person_id, ""),
            stands_for=tuple(who for who, stand_in in self.stand_ins.items() if stand_in == one.person_id),
            corrected=bool(struck)
            or any(mark.person_id == one.person_id and mark.by != one.person_id for mark in self.marks.values()),
            signature=self.signatures.get(one.person_id, ""),
            spoken_ms=self.spoken.get(one.person_id, 0),
        )

    def _status(self, person_id: str, intervals: Intervals, *, late: bool) -> Status:
        if intervals:
            return "late" if late else "present"
        stand_in = self.stand_ins.get(person_id)
        if stand_in and self._came(stand_in):
            return "represented"
        return "excused" if person_id in self.excuses else "absent"

    def _here_now(self, person_id: str, *, by_device: bool) -> bool:
        marked = any(mark.person_id == person_id and not mark.until_ms for mark in self.marks.values())
        return bool(self.opened_ms) and not self.closed_ms and (by_device or marked)

    def _marked(self, person_id: str, place: str, whole: Intervals) -> tuple[Interval, ...]:
        """What the secretary saw; a mark without an end lasts as long as the meeting."""
        return tuple(
            Interval(mark.from_ms, mark.until_ms or whole[-1].to_ms)
            for mark in self.marks.values()
            if whole and mark.person_id == person_id and mark.place == place
        )

    def _came(self, person_id: str) -> bool:
        return bool(self.here.get(person_id)) or any(one.person_id == person_id for one in self.marks.values())


# ------------------------------------------------------------ one function per kind that matters here


def _planned(book: _Book, fact: facts.MeetingPlanned | facts.MeetingReplanned, _: int) -> None:
    book.starts_ms = fact.starts_ms


def _agenda(book: _Book, fact: facts.AgendaSet, _: int) -> None:
    book.titles = {item.item_id: item.title for item in fact.items}


def _invited(book: _Book, fact: facts.Invited | facts.InvitationChanged, _: int) -> None:
    book.people[fact.person_id] = fact
    book.revoked.discard(fact.person_id)


def _revoked(book: _Book, fact: facts.InvitationRevoked, _: int) -> None:
    book.revoked.add(fact.person_id)


def _opened(book: _Book, _: Fact, at_ms: int) -> None:
    book.opened_ms = at_ms


def _closed(book: _Book, _: Fact, at_ms: int) -> None:
    book.closed_ms = at_ms
    for session_id in list(book.since):
        book.end_presence(session_id, at_ms)
    book.end_item(at_ms)
    book.end_media_gap(at_ms)


def _item_opened(book: _Book, fact: facts.ItemOpened, at_ms: int) -> None:
    book.end_item(at_ms)
    book.item_id, book.item_since_ms = fact.item_id, at_ms


def _item_closed(book: _Book, _: Fact, at_ms: int) -> None:
    book.end_item(at_ms)


def _joined(book: _Book, fact: facts.Joined, _: int) -> None:
    book.person_of[fact.session_id] = fact.person_id


def _confirmed(book: _Book, fact: facts.PresenceConfirmed, at_ms: int) -> None:
    if fact.session_id in book.person_of:
        book.since.setdefault(fact.session_id, at_ms)


def _lost(book: _Book, fact: facts.PresenceLost, at_ms: int) -> None:
    book.end_presence(fact.session_id, min(fact.since_ms, at_ms))


def _left(book: _Book, fact: facts.Left, at_ms: int) -> None:
    book.end_presence(fact.session_id, min(fact.since_ms, at_ms))
    book.person_of.pop(fact.session_id, None)


def _interrupted(book: _Book, fact: facts.ServiceInterrupted, at_ms: int) -> None:
    """Every session that comes back is confirmed anew."""
    since_ms = min(fact.since_ms, at_ms)
    for session_id in list(book.since):
        book.end_presence(session_id, since_ms)
    book.end_media_gap(at_ms)
    book.gaps.append(Interval(since_ms, at_ms))


def _media_down(book: _Book, fact: facts.MediaInterrupted, at_ms: int) -> None:
    book.media_down_ms = book.media_down_ms or min(fact.since_ms, at_ms)


def _media_up(book: _Book, _: Fact, at_ms: int) -> None:
    book.end_media_gap(at_ms)


def _marked(book: _Book, fact: facts.PresenceMarked, _: int) -> None:
    book.marks[fact.mark_id] = fact


def _struck(book: _Book, fact: facts.PresenceStruck, _: int) -> None:
    book.strikes.append(fact)


def _room_added(book: _Book, fact: facts.RoomDeviceAdded, _: int) -> None:
    book.rooms.add(fact.person_id)


def _checked_in(book: _Book, fact: facts.CheckedIn, _: int) -> None:
    book.signatures[fact.person_id] = fact.signature


def _spoken(book: _Book, fact: facts.SpeakingMeasured, _: int) -> None:
    for person_id, ms in fact.times:
        book.spoken[person_id] = book.spoken.get(person_id, 0) + ms


def _excused(book: _Book, fact: facts.AbsenceExcused, _: int) -> None:
    book.excuses.pop(fact.person_id, None)
    if fact.reason:
        book.excuses[fact.person_id] = fact.reason


def _stand_in(book: _Book, fact: facts.StandInNamed, _: int) -> None:
    book.stand_ins.pop(fact.person_id, None)
    if fact.stand_in_id:
        book.stand_ins[fact.person_id] = fact.stand_in_id


_READ: dict[type[Fact], Callable[[_Book, Any, int], None]] = {
    facts.MeetingPlanned: _planned,
    facts.MeetingReplanned: _planned,
    facts.AgendaSet: _agenda,
    facts.Invited: _invited,
    facts.InvitationChanged: _invited,
    facts.InvitationRevoked: _revoked,
    facts.MeetingOpened: _opened,
    facts.MeetingClosed: _closed,
    facts.ItemOpened: _item_opened,
    facts.ItemClosed: _item_closed,
    facts.Joined: _joined,
    facts.PresenceConfirmed: _confirmed,
    facts.PresenceLost: _lost,
    facts.Left: _left,
    facts.ServiceInterrupted: _interrupted,
    facts.MediaInterrupted: _media_down,
    facts.MediaRestored: _media_up,
    facts.PresenceMarked: _marked,
    facts.PresenceStruck: _struck,
    facts.RoomDeviceAdded: _room_added,
    facts.CheckedIn: _checked_in,
    facts.SpeakingMeasured: _spoken,
    facts.AbsenceExcused: _excused,
    facts.StandInNamed: _stand_in,
}

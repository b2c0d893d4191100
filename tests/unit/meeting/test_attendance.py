"""Attendance from facts: by example, and from any interleaving that the rules allow."""

from __future__ import annotations

import contextlib
import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import BalaiError
from server.meeting import commands, facts
from server.meeting.attendance import Attendance, Attendee, attendance
from server.meeting.commands import SERVER
from server.meeting.intervals import Interval, common, merged, total_ms
from server.meeting.quorum import QuorumRule, quorum
from tests.factories import ALICE, BUDI, CHAIR, MINUTE_MS, OBSERVER, SECRETARY, STRANGER, Ledger, actor, planned
from tests.fakes import NINE_O_CLOCK_MS
from tests.unit.meeting import wishes

T0_MS = NINE_O_CLOCK_MS


def minutes(*pairs: tuple[int, int]) -> tuple[Interval, ...]:
    """Stretches in minutes after nine."""
    return tuple(Interval(T0_MS + a * MINUTE_MS, T0_MS + b * MINUTE_MS) for a, b in pairs)


class Story:
    """Told by minutes after nine."""

    def __init__(self) -> None:
        self.ledger = planned()

    def at(self, minute: int) -> Story:
        self.ledger.now_ms = T0_MS + minute * MINUTE_MS
        return self

    def opens(self) -> Story:
        self.ledger.wish(commands.OpenMeeting(), actor(CHAIR))
        return self

    def closes(self) -> Story:
        self.ledger.wish(commands.CloseMeeting(), actor(CHAIR))
        return self

    def discusses(self, item_id: str) -> Story:
        self.ledger.wish(commands.OpenItem(item_id), actor(CHAIR))
        return self

    def comes(self, person_id: str, session_id: str, confirmed: bool = True) -> Story:
        self.ledger.wish(commands.Join(session_id), actor(person_id))
        return self.is_seen(session_id) if confirmed else self

    def is_seen(self, session_id: str) -> Story:
        self.ledger.wish(commands.ConfirmPresence(session_id, "media"), SERVER)
        return self

    def leaves(self, session_id: str, since: int | None = None) -> Story:
        since_ms = 0 if since is None else T0_MS + since * MINUTE_MS
        self.ledger.wish(commands.Leave(session_id, "lost" if since is not None else "left", since_ms), SERVER)
        return self

    def seen_at(self, minute: int, tolerance_ms: int = 15 * MINUTE_MS) -> Attendance:
        return attendance(self.ledger.facts, T0_MS + minute * MINUTE_MS, tolerance_ms)

    def of(self, person_id: str, minute: int = 120) -> Attendee:
        return one_of(self.seen_at(minute), person_id)


def one_of(whole: Attendance, person_id: str) -> Attendee:
    return next(one for one in whole.attendees if one.person_id == person_id)


def test_a_person_counts_from_the_confirmation_to_the_last_sign() -> None:
    story = Story().opens().at(1).comes(ALICE, "s1", confirmed=False).at(3).is_seen("s1").at(40).leaves("s1", since=38)
    alice = story.at(60).closes().of(ALICE)
    assert alice.intervals == minutes((3, 38))
    assert alice.total_ms == 35 * MINUTE_MS
    assert (alice.status, alice.left_early, alice.here_now) == ("present", True, False)


def test_a_second_confirmation_does_not_begin_anew() -> None:
    story = Story().opens().comes(ALICE, "s1").at(10)
    story.ledger.wish(commands.ConfirmPresence("s1", "act"), actor(ALICE))
    assert story.at(30).closes().of(ALICE).intervals == minutes((0, 30))


def test_who_was_never_confirmed_was_absent() -> None:
    story = Story().opens().comes(ALICE, "s1", confirmed=False).at(60).closes()
    alice = story.of(ALICE)
    assert (alice.status, alice.intervals, alice.first_in_ms, alice.last_out_ms) == ("absent", (), 0, 0)
    assert not alice.left_early


def test_time_before_the_opening_and_after_the_closing_does_not_count() -> None:
    story = Story().at(-20).comes(ALICE, "s1").at(5).opens().at(65).closes()
    assert story.of(ALICE, 500).intervals == minutes((5, 65))


def test_late_is_after_the_later_of_plan_and_opening_with_a_tolerance() -> None:
    story = Story().at(20).opens().at(35).comes(ALICE, "s1").at(36).comes(BUDI, "s2").at(90).closes()
    assert story.of(ALICE).status == "present"
    assert story.of(BUDI).status == "late"
    assert one_of(story.seen_at(90, 16 * MINUTE_MS), BUDI).status == "present"


def test_a_second_device_is_the_same_person() -> None:
    story = Story().opens().comes(ALICE, "s1").at(10).comes(ALICE, "s2", confirmed=False).at(12).is_seen("s2")
    alice = story.at(30).closes().of(ALICE)
    assert alice.intervals == minutes((0, 10), (12, 30))


def test_an_item_that_was_taken_up_twice_counts_both_times() -> None:
    story = Story().opens().comes(CHAIR, "s0").comes(ALICE, "s1").at(5).discusses("i1").at(10).discusses("i2")
    story.at(12).leaves("s1").at(20).discusses("i1").at(25).comes(ALICE, "s2").at(30).discusses("").at(40).closes()
    whole = story.seen_at(40)
    times = {item.item_id: item.intervals for item in whole.items}
    assert times == {"i1": minutes((5, 10), (20, 30)), "i2": minutes((10, 20)), "i3": ()}
    alice = one_of(whole, ALICE)
    assert alice.by_item == {"i1": minutes((5, 10), (25, 30)), "i2": minutes((10, 12)), "i3": ()}


def test_after_an_interruption_everybody_is_confirmed_anew() -> None:
    story = Story().opens().comes(ALICE, "s1").comes(BUDI, "s2").at(20)
    story.ledger.wish(commands.ReportInterruption(T0_MS + 18 * MINUTE_MS), SERVER)
    story.at(21).is_seen("s1").at(40).closes()
    whole = story.seen_at(40)
    assert one_of(whole, ALICE).intervals == minutes((0, 18), (21, 40))
    assert one_of(whole, BUDI).intervals == minutes((0, 18))
    assert whole.gaps == minutes((18, 20))


def test_a_gap_of_the_media_process_is_shown_but_ends_nobodys_presence() -> None:
    story = Story().opens().comes(ALICE, "s1").at(11)
    story.ledger.wish(commands.ReportMediaDown(T0_MS + 10 * MINUTE_MS), SERVER)
    story.at(12).ledger.wish(commands.ReportMediaUp(), SERVER)
    whole = story.at(30).closes().seen_at(30)
    assert whole.gaps == minutes((10, 12))
    assert one_of(whole, ALICE).intervals == minutes((0, 30))


def test_guests_stand_in_the_list() -> None:
    story = Story().opens().at(5)
    story.ledger.wish(commands.AskToEnter("w1", "Tamu Penting", "Provinsi"), STRANGER)
    story.ledger.wish(commands.AdmitGuest("w1"), actor(SECRETARY))
    story.comes("guest-w1", "s1")
    whole = story.at(20).seen_at(20)
    guest = whole.attendees[-1]
    assert (guest.name, guest.role, guest.office, guest.intervals) == (
        "Tamu Penting",
        "guest",
        "Provinsi",
        minutes((5, 20)),
    )
    assert guest.here_now
    assert [one.person_id for one in whole.attendees[:5]] == [CHAIR, SECRETARY, ALICE, BUDI, OBSERVER]


def test_before_the_opening_nobody_is_there() -> None:
    whole = Story().at(-10).comes(ALICE, "s1").seen_at(-5)
    assert (whole.opened_ms, one_of(whole, ALICE).status, one_of(whole, ALICE).here_now) == (0, "absent", False)


def test_quorum_is_more_than_half_of_those_who_count() -> None:
    story = Story().opens().comes(CHAIR, "s0").comes(OBSERVER, "s9").at(10).comes(ALICE, "s1").at(20).comes(BUDI, "s2")
    whole = story.at(30).leaves("s1").at(31).seen_at(31)
    counted = {at: quorum(whole, T0_MS + at * MINUTE_MS) for at in (5, 15, 25, 30, 31)}
    assert {at: one.present for at, one in counted.items()} == {5: 1, 15: 2, 25: 3, 30: 2, 31: 2}
    assert [at for at, one in counted.items() if one.reached] == [25]
    assert counted[5].invited == 4
    half = QuorumRule(reaching=True)
    assert quorum(whole, T0_MS + 15 * MINUTE_MS, half).reached


def test_quorum_rules_round_to_whole_people() -> None:
    assert [QuorumRule().needed(size) for size in (1, 2, 3, 4, 5)] == [1, 2, 2, 3, 3]
    assert [QuorumRule(2, 3, reaching=True).needed(size) for size in (1, 2, 3, 4, 5, 6)] == [1, 2, 2, 3, 4, 4]
    assert [QuorumRule(3, 4, reaching=True).needed(size) for size in (4, 5, 8)] == [3, 4, 6]


# ------------------------------------------------------------ any interleaving

stretches = st.lists(
    st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda pair: Interval(min(pair), max(pair))), max_size=8
)


def moments(some: tuple[Interval, ...] | list[Interval]) -> set[int]:
    return {at for one in some for at in range(one.from_ms, one.to_ms)}


@given(stretches, stretches)
def test_the_arithmetic_of_stretches_is_that_of_sets_of_moments(left: list[Interval], right: list[Interval]) -> None:
    assert moments(merged(left)) == moments(left)
    assert moments(common(left, right)) == moments(left) & moments(right)
    assert total_ms(merged(left)) == len(moments(left))
    whole = merged(left)
    assert all(one.to_ms < other.from_ms for one, other in itertools.pairwise(whole))


@st.composite
def ledgers(draw: st.DrawFn) -> Ledger:
    """A meeting that somehow went: mostly coming, going and time passing."""
    ledger = planned()
    if draw(st.booleans()):
        ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    for _ in range(draw(st.integers(1, 40))):
        ledger.now_ms += draw(st.integers(0, 5 * MINUTE_MS))
        who, session = draw(wishes.person), draw(wishes.session)
        since_ms = ledger.now_ms - draw(st.integers(0, 20 * MINUTE_MS))
        wish, by = draw(
            st.sampled_from(
                (
                    (commands.Join(session), actor(who)),
                    (commands.Join(session), actor(who)),
                    (commands.ConfirmPresence(session, "media"), SERVER),
                    (commands.ConfirmPresence(session, "media"), SERVER),
                    (commands.LosePresence(session, since_ms), SERVER),
                    (commands.Leave(session, "lost", since_ms), SERVER),
                    (commands.ReportInterruption(since_ms), SERVER),
                    (commands.RemovePerson(who), actor(CHAIR)),
                    (commands.OpenItem(draw(st.sampled_from(("i1", "i2", "")))), actor(CHAIR)),
                    (commands.OpenMeeting(), actor(CHAIR)),
                    (commands.CloseMeeting(), actor(CHAIR)),
                )
            )
        )
        with contextlib.suppress(BalaiError):
            ledger.wish(wish, by)
    return ledger


def connected(ledger: Ledger, person_id: str) -> list[Interval]:
    """When any device of this person was connected at all, by the plainest reading of the facts."""
    stretches: list[Interval] = []
    since: dict[str, int] = {}
    for one in ledger.facts:
        if isinstance(one.fact, facts.Joined) and one.fact.person_id == person_id:
            since[one.fact.session_id] = one.at_ms
        elif isinstance(one.fact, facts.Left) and one.fact.session_id in since:
            stretches.append(Interval(since.pop(one.fact.session_id), one.at_ms))
    return [*stretches, *(Interval(from_ms, ledger.now_ms) for from_ms in since.values())]


@settings(deadline=None, max_examples=150)
@given(ledgers())
def test_any_interleaving_gives_stretches_that_are_disjoint_ordered_and_within_the_meeting(ledger: Ledger) -> None:
    whole = attendance(ledger.facts, ledger.now_ms)
    assert sum(len(item.intervals) for item in whole.items) == 0 or whole.opened_ms
    for one in whole.attendees:
        assert merged(one.intervals) == one.intervals
        assert all(whole.opened_ms <= part.from_ms < part.to_ms <= whole.until_ms for part in one.intervals)
        assert common(one.intervals, merged(connected(ledger, one.person_id))) == one.intervals
        assert one.total_ms == total_ms(one.intervals) <= max(0, whole.until_ms - whole.opened_ms)
        within = [part for parts in one.by_item.values() for part in parts]
        assert total_ms(within) == total_ms(merged(within)) <= one.total_ms  # no moment belongs to two items
        assert (one.status == "absent") == (not one.intervals)


@settings(deadline=None, max_examples=100)
@given(ledgers(), st.integers(0, 60 * MINUTE_MS))
def test_time_that_passes_takes_nothing_away(ledger: Ledger, later_ms: int) -> None:
    before = attendance(ledger.facts, ledger.now_ms)
    after = attendance(ledger.facts, ledger.now_ms + later_ms)
    for earlier, later in zip(before.attendees, after.attendees, strict=True):
        assert common(earlier.intervals, later.intervals) == earlier.intervals
        grown = later.total_ms - earlier.total_ms
        assert grown == (later_ms if earlier.here_now and not before.closed_ms else 0)


@settings(deadline=None, max_examples=100)
@given(ledgers())
def test_who_is_here_now_is_who_the_state_calls_present(ledger: Ledger) -> None:
    whole = attendance(ledger.facts, ledger.now_ms)
    here = {one.person_id for one in whole.attendees if one.here_now}
    assert here == (set(ledger.state.present()) if ledger.state.status == "open" else set())

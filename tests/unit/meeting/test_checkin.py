"""Several people behind one device: who is there, from when to when, and what they signed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.errors import BalaiError
from server.meeting import commands, facts, motions, views
from server.meeting.attendance import Attendee, attendance
from server.meeting.checkin import LONGEST_SIGNATURE, drawing, is_signature
from tests.factories import (
    ALICE,
    BUDI,
    CHAIR,
    INVITEES,
    MINUTE_MS,
    OBSERVER,
    OFFICE,
    SECRETARY,
    Ledger,
    actor,
    invitee,
    plan,
    planned,
)

SIGNED = "M10 20L30 40L50 60M100 100L101 100"
ROOM = "room-1"


def on() -> Ledger:
    """A meeting that is on, with a room whose device is there, and the chair at home."""
    ledger = planned()
    ledger.wish(commands.AddRoomDevice("Ruang Rapat Setda"), actor(SECRETARY))
    ledger.wish(commands.Join("s1"), actor(CHAIR))
    ledger.wish(commands.ConfirmPresence("s1", "act"), actor(CHAIR, "s1"))
    ledger.wish(commands.OpenMeeting(), actor(CHAIR, "s1"))
    ledger.wish(commands.Join("s9"), actor(ROOM))
    ledger.wish(commands.ConfirmPresence("s9", "media"))
    return ledger


def checks_in(ledger: Ledger, person_id: str, room_id: str = ROOM, signature: str = SIGNED) -> tuple[facts.Fact, ...]:
    return ledger.wish(commands.CheckIn(room_id, signature), actor(person_id))


def refused(ledger: Ledger, wish: commands.Command, person_id: str) -> str:
    with pytest.raises(BalaiError) as caught:
        ledger.wish(wish, actor(person_id))
    return caught.value.code


def line(ledger: Ledger, person_id: str) -> Attendee:
    return next(one for one in attendance(ledger.facts, ledger.now_ms).attendees if one.person_id == person_id)


def test_a_room_is_no_person() -> None:
    ledger = on()
    assert {one.person_id for one in attendance(ledger.facts, ledger.now_ms).attendees} == {
        CHAIR, SECRETARY, ALICE, BUDI, OBSERVER,
    }  # fmt: skip
    assert motions.quorum(ledger.state).present == 1
    assert refused(ledger, commands.CheckIn(ROOM, SIGNED), ROOM) == "meeting.not_allowed"
    standing = [invitee(one.name, one.role, f"p{number}") for number, one in enumerate(INVITEES, 1)]
    ledger.wish(plan(standing, title="Rapat lain"), OFFICE)  # planning anew does not take it away
    assert ROOM in ledger.state.people


def test_who_checked_in_is_in_the_room_until_they_check_out() -> None:
    ledger = on()
    opened_ms = ledger.now_ms
    ledger.after(5 * MINUTE_MS)
    checks_in(ledger, ALICE)
    assert motions.present_members(ledger.state) == (CHAIR, ALICE)
    ledger.after(20 * MINUTE_MS)
    ledger.wish(commands.CheckOut(), actor(ALICE))
    ledger.after(20 * MINUTE_MS)
    alice = line(ledger, ALICE)
    assert [(one.from_ms - opened_ms, one.to_ms - opened_ms) for one in alice.intervals] == [
        (5 * MINUTE_MS, 25 * MINUTE_MS)
    ]
    assert (alice.manner, alice.signature, alice.corrected, alice.here_now) == ("room", SIGNED, False, False)
    assert line(ledger, BUDI).signature == ""
    assert ledger.wish(commands.CheckOut(), actor(ALICE)) == ()


def test_whoever_does_not_check_out_stays_until_the_close() -> None:
    ledger = on()
    checks_in(ledger, ALICE)
    ledger.after(30 * MINUTE_MS).wish(commands.CloseMeeting(), actor(CHAIR, "s1"))
    assert line(ledger, ALICE).total_ms == 30 * MINUTE_MS


def test_sent_twice_is_once_and_another_room_ends_the_first() -> None:
    ledger = on()
    checks_in(ledger, ALICE)
    assert checks_in(ledger, ALICE) == ()
    ledger.wish(commands.AddRoomDevice("Ruang Camat"), actor(SECRETARY))
    ledger.wish(commands.Join("s8"), actor("room-2"))
    ledger.after(MINUTE_MS)
    checks_in(ledger, ALICE, "room-2")
    assert ledger.state.deliberation.check_ins[ALICE].room_id == "room-2"
    still = [one for one in ledger.state.deliberation.marks.values() if not one.until_ms]
    assert [one.person_id for one in still] == [ALICE]


def test_the_secretary_may_end_what_somebody_forgot_to_end() -> None:
    ledger = on()
    checks_in(ledger, ALICE)
    mark_id = ledger.state.deliberation.check_ins[ALICE].mark_id
    began_ms = ledger.now_ms
    ledger.after(MINUTE_MS)
    ended = commands.MarkPresence(mark_id, ALICE, "room", began_ms, ledger.now_ms, "meninggalkan ruangan")
    ledger.wish(ended, actor(SECRETARY))
    assert ALICE not in ledger.state.deliberation.check_ins


def test_only_where_a_device_is_connected_and_not_days_before() -> None:
    ledger = on()
    assert refused(ledger, commands.CheckIn("room-7", SIGNED), ALICE) == "checkin.no_room"
    assert refused(ledger, commands.CheckIn(BUDI, SIGNED), ALICE) == "checkin.no_room"
    ledger.wish(commands.Leave("s9", "lost"))
    assert refused(ledger, commands.CheckIn(ROOM, SIGNED), ALICE) == "checkin.no_room"
    early = planned(plan(starts_ms=ledger.now_ms + 60 * MINUTE_MS))
    early.wish(commands.AddRoomDevice("Ruang Rapat"), OFFICE)
    early.after(31 * MINUTE_MS).wish(commands.Join("s9"), actor(ROOM))
    early.now_ms -= 2 * MINUTE_MS
    assert refused(early, commands.CheckIn(ROOM, SIGNED), ALICE) == "meeting.too_early"


@pytest.mark.parametrize(
    "path",
    ["", "M1 1", "L1 1L2 2", "M1 1L2 2Z", "M1 1L2 2\"/><script>", "M1,1L2,2", "M1 1L2 2 ", "M1000 1L2 2", "M1 1 L2 2",
     "M1 1" + "L2 2" * (LONGEST_SIGNATURE // 4)],
)  # fmt: skip
def test_what_is_no_signature_is_refused(path: str) -> None:
    assert not is_signature(path)
    assert refused(on(), commands.CheckIn(ROOM, path), ALICE) == "checkin.signature"


@given(st.text('ML0123456789 "<>/', max_size=60))
def test_a_drawing_holds_nothing_but_strokes(text: str) -> None:
    if is_signature(text):
        assert set(drawing(text).split('d="')[1].split('"')[0]) <= set("ML0123456789 ")


def test_nobody_in_the_room_sees_what_others_signed() -> None:
    ledger = on()
    checks_in(ledger, ALICE)
    for role in ("chair", "participant"):
        seen = [views.visible(one, role) for one in ledger.facts]  # type: ignore[arg-type]
        assert SIGNED not in repr((seen, views.snapshot(ledger.state, role)))  # type: ignore[arg-type]


steps = st.lists(
    st.tuples(st.sampled_from((ALICE, BUDI, SECRETARY)), st.sampled_from(("in", "out", "online", "offline"))),
    max_size=25,
)


@settings(deadline=None, max_examples=40)
@given(steps)
def test_in_any_order_nobody_counts_twice(events: list[tuple[str, str]]) -> None:
    ledger = on()
    for number, (who, what) in enumerate(events):
        ledger.after(1_000)
        session = ledger.state.session_of(who)
        if what == "in":
            checks_in(ledger, who)
        elif what == "out":
            ledger.wish(commands.CheckOut(), actor(who))
        elif what == "online":
            ledger.wish(commands.Join(f"o{number}"), actor(who))
            ledger.wish(commands.ConfirmPresence(f"o{number}", "act"))
        elif session is not None:
            ledger.wish(commands.Leave(session.session_id, "left"), actor(who))
        there = motions.present_members(ledger.state)
        assert len(there) == len(set(there)) <= 4
        for one in attendance(ledger.facts, ledger.now_ms).attendees:
            assert one.here_now == (one.person_id in ledger.state.present())
            assert one.total_ms <= ledger.now_ms - ledger.state.opened_ms

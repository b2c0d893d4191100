"""Who walks in, who waits, who watches: each rule of the door, and what stays true whatever they are."""

from __future__ import annotations

from contextlib import nullcontext, suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import BalaiError, Invalid, NotFound, Refused
from server.meeting import commands, views
from server.meeting.attendance import attendance
from server.meeting.commands import Actor
from server.meeting.facts import Role
from tests.factories import ALICE, BUDI, CHAIR, OFFICE, SECRETARY, STRANGER, Ledger, actor, plan


@pytest.fixture
def ledger() -> Ledger:
    made = Ledger()
    made.wish(plan(), OFFICE)
    return made


def sets(ledger: Ledger, **rules: object) -> None:
    ledger.wish(commands.SetEntry(**rules), actor(SECRETARY))  # type: ignore[arg-type]


def refused(ledger: Ledger, wish: commands.Command, who: Actor) -> str:
    with pytest.raises(BalaiError) as failure:
        ledger.wish(wish, who)
    return failure.value.code


def joins(ledger: Ledger, person_id: str, session_id: str) -> None:
    ledger.wish(commands.Join(session_id), actor(person_id))


def test_the_room_opens_for_those_invited_when_the_rules_say(ledger: Ledger) -> None:
    starts_ms = ledger.state.plan.starts_ms
    sets(ledger, early_min=10)
    ledger.now_ms = starts_ms - 10 * 60_000 - 1
    assert refused(ledger, commands.Join("s1"), actor(ALICE)) == "meeting.too_early"
    joins(ledger, CHAIR, "s2")
    ledger.now_ms += 1
    joins(ledger, ALICE, "s1")
    assert set(ledger.state.sessions) == {"s1", "s2"}


def test_where_only_leaders_walk_in_the_others_wait_and_come_back_without_waiting_again(ledger: Ledger) -> None:
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    sets(ledger, direct="leaders")
    assert refused(ledger, commands.Join("s1"), actor(ALICE)) == "meeting.must_wait"
    joins(ledger, SECRETARY, "s2")
    ledger.wish(commands.AskToEnter(ALICE, "", known="account"), STRANGER)
    (one,) = ledger.state.waiting.values()
    assert (one.waiting_id, one.known, one.name) == (ALICE, "account", ledger.state.people[ALICE].name)
    ledger.wish(commands.AdmitGuest(ALICE), actor(CHAIR))
    joins(ledger, ALICE, "s1")
    ledger.wish(commands.Leave("s1", "left"), actor(ALICE))
    joins(ledger, ALICE, "s3")
    assert not ledger.state.waiting


def test_who_was_in_when_the_rule_came_stays_and_may_change_the_device(ledger: Ledger) -> None:
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    joins(ledger, ALICE, "s1")
    sets(ledger, direct="leaders", limit=1)
    joins(ledger, ALICE, "s2")
    assert set(ledger.state.sessions) == {"s2"}


def test_all_or_some_are_let_in_at_once_and_who_went_away_is_passed_over(ledger: Ledger) -> None:
    for waiting_id in ("w1", "w2", "w3"):
        ledger.wish(commands.AskToEnter(waiting_id, f"Tamu {waiting_id}"), STRANGER)
    ledger.wish(commands.StopWaiting("w2"), STRANGER)
    ledger.wish(commands.AdmitAll(("w1", "w2", "w3", "w1")), actor(CHAIR))
    assert set(ledger.state.admitted) == {"w1", "w3"}
    assert not ledger.state.waiting
    ledger.wish(commands.LockRoom(True), actor(CHAIR))
    assert refused(ledger, commands.AdmitAll(("w9",)), actor(CHAIR)) == "meeting.locked"


def test_anybody_with_the_link_walks_in_unless_the_room_is_locked(ledger: Ledger) -> None:
    sets(ledger, direct="anyone")
    ledger.wish(commands.AskToEnter("w1", "Tamu"), STRANGER)
    assert ledger.state.admitted == {"w1": "guest-w1"}
    ledger.wish(commands.LockRoom(True), actor(CHAIR))
    ledger.wish(commands.AskToEnter("w2", "Tamu"), STRANGER)
    assert set(ledger.state.waiting) == {"w2"}


def test_no_guests_means_none(ledger: Ledger) -> None:
    sets(ledger, guests=False)
    assert refused(ledger, commands.AskToEnter("w1", "Tamu"), STRANGER) == "meeting.no_guests"


def test_a_full_room_takes_leaders_only(ledger: Ledger) -> None:
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    sets(ledger, limit=1)
    joins(ledger, ALICE, "s1")
    assert refused(ledger, commands.Join("s2"), actor(BUDI)) == "meeting.full"
    joins(ledger, CHAIR, "s3")


def test_those_who_wait_are_told_and_nobody_else(ledger: Ledger) -> None:
    assert refused(ledger, commands.TellWaiting("Halo"), actor(CHAIR)) == "entry.nobody"
    ledger.wish(commands.AskToEnter("w1", "Tamu"), STRANGER)
    ledger.wish(commands.TellWaiting(" Sebentar lagi "), actor(CHAIR))
    assert ledger.state.told_waiting == "Sebentar lagi"
    roles: tuple[Role, ...] = ("chair", "participant", "watcher")
    for role in roles:
        assert not [one for one in ledger.facts if "Sebentar" in str(views.visible(one, role))]


def test_the_public_watches_without_a_name_is_counted_and_reads_neither_chat_nor_notes(ledger: Ledger) -> None:
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    assert refused(ledger, commands.Watch("v1", "Penonton"), STRANGER) == "meeting.not_public"
    sets(ledger, watch=True)
    ledger.wish(commands.Watch("v1", "Penonton"), STRANGER)
    watcher = ledger.state.people["watch-v1"]
    joins(ledger, watcher.person_id, "s1")
    ledger.wish(commands.ConfirmPresence("s1", "act"), actor(watcher.person_id))
    joins(ledger, ALICE, "s2")
    ledger.wish(commands.Say("c1", "di antara kita"), actor(ALICE))
    assert views.snapshot(ledger.state, "watcher")["chat"] == []
    assert not [one for one in ledger.facts if "di antara" in str(views.visible(one, "watcher"))]
    wishes = commands.Say("c", "x"), commands.RaiseHand(), commands.SetMicrophone("s1", True)
    for wish in (*wishes, commands.CheckIn("room-1", "")):
        assert refused(ledger, wish, actor(watcher.person_id)) == "meeting.not_allowed"
    there = attendance(ledger.facts, ledger.now_ms)
    assert there.watched == 1
    assert watcher.person_id not in {one.person_id for one in there.attendees}
    assert not watcher.invited


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ({"direct": "nobody"}, "entry.direct"),
        ({"code": "abc"}, "entry.code"),
        ({"code": "kode masuk"}, "entry.code"),
        ({"limit": -1}, "entry.limit"),
        ({"early_min": 241}, "entry.early"),
    ],
)
def test_rules_that_make_no_sense_are_refused(ledger: Ledger, rules: dict[str, object], code: str) -> None:
    with pytest.raises(Invalid) as failure:
        sets(ledger, **rules)
    assert failure.value.code == code


def test_who_has_no_part_in_it_decides_nothing(ledger: Ledger) -> None:
    ledger.wish(commands.AskToEnter("w1", "Tamu"), STRANGER)
    for wish in (commands.AdmitAll(("w1",)), commands.TellWaiting("x"), commands.SetEntry("anyone")):
        with pytest.raises(Refused):
            ledger.wish(wish, actor(ALICE))
    with pytest.raises(NotFound):
        ledger.wish(commands.AdmitGuest("w2"), actor(CHAIR))


@given(
    direct=st.sampled_from(("anyone", "invited", "leaders")),
    limit=st.integers(0, 3),
    locked=st.booleans(),
    order=st.permutations([ALICE, BUDI, CHAIR, SECRETARY]),
)
def test_leaders_always_come_in_and_the_room_never_holds_more_than_the_limit_of_others(
    direct: str, limit: int, locked: bool, order: list[str]
) -> None:
    ledger = Ledger()
    ledger.wish(plan(), OFFICE)
    ledger.wish(commands.OpenMeeting(), actor(CHAIR))
    ledger.wish(commands.SetEntry(direct, limit=limit), actor(CHAIR))  # type: ignore[arg-type]
    if locked:
        ledger.wish(commands.LockRoom(True), actor(CHAIR))
    for number, person_id in enumerate(order):
        with suppress(Refused) if person_id in (ALICE, BUDI) else nullcontext():
            joins(ledger, person_id, f"s{number}")
    inside = {one.person_id for one in ledger.state.sessions.values()}
    assert {CHAIR, SECRETARY} <= inside
    if direct == "leaders" or locked:
        assert inside == {CHAIR, SECRETARY}

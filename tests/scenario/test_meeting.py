"""A meeting from its opening to its record, in sentences."""

from __future__ import annotations

from server.meeting import facts
from server.meeting.commands import AskToEnter
from server.meeting.richtext import from_plain
from tests.factories import STRANGER
from tests.scenario.hall import MEETING, Hall, code_of


async def test_a_meeting_from_opening_to_record(hall: Hall) -> None:
    chair, secretary, alice, budi = hall.chair, hall.secretary, hall.alice, hall.budi
    await chair.joins_with_media()
    await secretary.joins_with_media()
    await chair.opens_the_meeting()
    await alice.joins_with_media()
    await chair.takes_up("i1")
    await hall.passes(minutes=20)
    await budi.joins_with_media()
    await alice.raises_a_hand()
    await alice.says("Saya setuju")
    await chair.takes_up("i2")
    await secretary.writes_notes("i2", "Anggaran dibahas.")
    await secretary.records_decision("Anggaran disetujui", "i2")
    await secretary.records_action("Menyusun laporan", "p4", "2026-02-01", "i2")
    await hall.passes(minutes=10)
    await alice.leaves()
    await hall.passes(minutes=30)
    await chair.closes_the_meeting()

    assert alice.attended.status == "present"
    assert alice.attended.left_early
    assert alice.seconds == [(0, 1_800)]
    assert budi.attended.status == "late"
    assert budi.seconds == [(1_200, 3_600)]
    assert {key: len(parts) for key, parts in budi.attended.by_item.items()} == {"i1": 0, "i2": 1, "i3": 0}
    assert hall.observer.attended.status == "absent"
    seen = secretary.sees()
    assert [one["text"] for one in seen["decisions"]] == ["Anggaran disetujui"]
    assert [one["what"] for one in seen["actions"]] == ["Menyusun laporan"]
    assert [(one["item_id"], one["text"]) for one in seen["notes"]] == [("i2", '[["p",[["x","Anggaran dibahas."]]]]')]
    assert seen["status"] == "closed"
    assert hall.told == hall.record
    assert {code for _, code in hall.audience.goodbyes} == {"closed"}


async def test_a_motion_and_an_objection_to_it_stand_in_the_record_with_their_moments(hall: Hall) -> None:
    await hall.chair.joins_with_media()
    await hall.secretary.joins_with_media()
    await hall.alice.joins_with_media()
    await hall.chair.opens_the_meeting()
    await hall.chair.takes_up("i2")
    await hall.passes(minutes=5)
    await hall.secretary.records_statement("motion", "p3", "Batas waktu diundur.", "i2")
    await hall.passes(minutes=2)
    await hall.secretary.records_statement("objection", "Camat Suka Maju", "Jalan masih putus.", "i2")
    assert await code_of(hall.alice.records_statement("objection", "p3", "x")) == "meeting.not_allowed"
    for one in (hall.secretary, hall.alice):
        first, second = one.sees()["statements"]
        assert (first["what"], first["who"], first["text"]) == ("motion", "p3", "Batas waktu diundur.")
        assert (second["what"], second["who"], second["item_id"]) == ("objection", "Camat Suka Maju", "i2")
        assert second["at_ms"] - first["at_ms"] == 120_000
    assert hall.told == hall.record


async def test_the_secretary_writes_afterwards(hall: Hall) -> None:
    await hall.chair.joins()
    await hall.chair.opens_the_meeting()
    await hall.chair.closes_the_meeting()
    await hall.secretary.writes_notes("i1", "Dilengkapi sesudah rapat.")
    await hall.secretary.records_decision("Disepakati")
    assert await code_of(hall.alice.writes_notes("i1", "x")) == "meeting.not_allowed"
    await hall.passes(seconds=5)
    assert (await hall.state()).notes["i1"].blocks == from_plain("Dilengkapi sesudah rapat.")


async def test_a_guest_waits_and_is_admitted_another_is_refused(hall: Hall) -> None:
    await hall.chair.joins()
    for waiting_id, name in (("w1", "Tamu Satu"), ("w2", "Tamu Dua")):
        await hall.submit(STRANGER, AskToEnter(waiting_id, name))
    assert [one["name"] for one in hall.chair.sees()["waiting"]] == ["Tamu Satu", "Tamu Dua"]
    guest = await hall.chair.admits("w1")
    await hall.chair.refuses("w2")
    assert hall.rooms.person_of_guest(MEETING, "w1") == guest.person_id
    assert hall.rooms.person_of_guest(MEETING, "w2") is None
    await guest.joins()
    assert await guest.is_in()
    assert await code_of(hall.guest("w2").joins()) == "meeting.not_allowed"


async def test_who_is_sent_out_is_out(hall: Hall) -> None:
    await hall.chair.joins()
    await hall.alice.joins()
    await hall.alice.turns("microphone")
    await hall.alice.sends("microphone")
    gone = hall.alice.session_id
    await hall.chair.removes(hall.alice)
    assert hall.audience.goodbyes == [(gone, "removed")]
    assert hall.plane.dismissed == [gone]
    assert hall.plane.producers(MEETING) == ()
    assert await code_of(hall.alice.says("Saya masih di sini")) == "meeting.no_session"
    assert await code_of(hall.alice.joins()) == "meeting.removed"


async def test_a_locked_room_keeps_others_out(hall: Hall) -> None:
    await hall.chair.joins()
    await hall.chair.locks_the_room()
    assert await code_of(hall.alice.joins()) == "meeting.locked"
    await hall.secretary.joins()
    await hall.chair.locks_the_room(False)
    await hall.alice.joins()
    assert await hall.alice.is_in()


async def test_a_second_device_takes_over(hall: Hall) -> None:
    await hall.chair.joins()
    await hall.chair.opens_the_meeting()
    await hall.alice.joins_with_media()
    first = hall.alice.session_id
    await hall.passes(seconds=10)
    await hall.alice.joins()
    await hall.passes(seconds=5)
    await hall.alice.media_flows()
    await hall.passes(seconds=10)
    assert hall.audience.goodbyes == [(first, "replaced")]
    assert hall.alice.seconds == [(0, 10), (15, 25)]


async def test_who_is_there_without_media_says_so(hall: Hall) -> None:
    await hall.chair.joins()
    await hall.chair.opens_the_meeting()
    await hall.alice.joins()
    await hall.passes(seconds=30)
    assert hall.alice.attended.status == "absent"
    await hall.alice.says_i_am_here()
    await hall.passes(seconds=30)
    await hall.alice.media_flows()
    await hall.alice.media_stops()
    await hall.passes(seconds=30)
    assert hall.alice.seconds == [(30, 90)]


async def test_everybody_is_told_the_record_and_nothing_but_the_record(hall: Hall) -> None:
    await hall.alice.joins()
    await hall.alice.says("satu", "c1")
    await hall.alice.says("satu", "c1")
    assert await code_of(hall.alice.opens_the_meeting()) == "meeting.not_allowed"
    assert hall.told == hall.record
    assert sum(isinstance(one, facts.ChatSaid) for one in hall.record) == 1

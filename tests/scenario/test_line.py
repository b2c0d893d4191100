"""Lines that drop, processes that die, a server that is killed: what is kept, and what the record says of it."""

from __future__ import annotations

from typing import Any

import pytest

from server.errors import Conflict, Unavailable
from server.meeting import facts
from server.meeting.facts import NumberedFact
from tests.fakes import MemoryJournal
from tests.scenario.hall import MEETING, Hall, code_of


@pytest.fixture
async def meeting(hall: Hall) -> Hall:
    """It is on: chair, secretary and Alice are there with media."""
    await hall.chair.joins_with_media()
    await hall.chair.opens_the_meeting()
    await hall.secretary.joins_with_media()
    await hall.alice.joins_with_media()
    return hall


# ------------------------------------------------------------ a line


async def test_a_short_gap_of_the_line_leaves_no_trace(meeting: Hall) -> None:
    before = len(meeting.record)
    await meeting.alice.line_drops()
    await meeting.passes(seconds=7.5)
    assert await meeting.alice.line_is_back()
    await meeting.passes(seconds=20)
    assert len(meeting.record) == before
    assert await meeting.alice.is_in()


async def test_a_line_that_does_not_come_back_ends_when_it_dropped(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.alice.line_drops()
    await meeting.passes(seconds=7)
    assert await meeting.alice.is_in()
    await meeting.passes(seconds=1)
    assert not await meeting.alice.is_in()
    assert meeting.alice.seconds == [(0, 60)]
    assert not await meeting.alice.line_is_back()
    await meeting.alice.joins_with_media()
    await meeting.passes(seconds=10)
    assert meeting.alice.seconds == [(0, 60), (68, 78)]


async def test_a_killed_browser_is_dated_by_its_last_packet(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.alice.media_stops(seconds_ago=3)
    await meeting.alice.line_drops()
    await meeting.passes(seconds=8)
    assert meeting.alice.seconds == [(0, 57)]


# ------------------------------------------------------------ the server


async def test_after_a_kill_the_meeting_is_as_it_was(meeting: Hall) -> None:
    await meeting.alice.says("Terdengar?")
    await meeting.secretary.records_decision("Disetujui")
    before = meeting.secretary.sees()
    await meeting.passes(seconds=60)
    await meeting.is_killed()
    await meeting.passes(seconds=6)
    await meeting.comes_back()
    for one in (meeting.chair, meeting.alice):
        assert await one.line_is_back()
        await one.media_flows()
    await meeting.passes(seconds=14)
    after = meeting.secretary.sees()
    assert {key: after[key] for key in ("chat", "decisions", "items", "status", "people")} == {
        key: before[key] for key in ("chat", "decisions", "items", "status", "people")
    }
    assert await meeting.secretary.is_in()
    await meeting.passes(seconds=1)
    assert not await meeting.secretary.is_in()
    assert meeting.alice.seconds == [(0, 60), (66, 81)]
    assert meeting.secretary.seconds == [(0, 60)]
    assert meeting.attendance().gaps[0].to_ms - meeting.attendance().gaps[0].from_ms == 6_000
    assert [one.number for one in meeting.store.facts[MEETING]] == list(range(1, len(meeting.record) + 1))


async def test_an_orderly_restart_leaves_the_same_gap(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.shuts_down_in_order()
    assert MEETING not in meeting.store.holders
    meeting.clock.advance(5_000)
    await meeting.comes_back()
    assert await meeting.alice.line_is_back()
    await meeting.alice.media_flows()
    await meeting.passes(seconds=10)
    assert meeting.alice.seconds == [(0, 60), (65, 75)]


async def test_a_meeting_that_nobody_was_in_knows_no_interruption(hall: Hall) -> None:
    await hall.is_killed()
    await hall.comes_back()
    assert not any(isinstance(one, facts.ServiceInterrupted) for one in hall.record)


async def test_two_processes_never_write_one_record(meeting: Hall) -> None:
    other = MemoryJournal(meeting.store, meeting.clock)
    with pytest.raises(Conflict):
        await other.take_lease(MEETING)
    meeting.store.holders[MEETING] = other  # as if ours had been thought dead
    assert await code_of(meeting.alice.says("Siapa menulis?")) == "journal.moved"
    assert await code_of(meeting.alice.says("Siapa menulis?")) == "journal.leased"
    assert not any(isinstance(one, facts.ChatSaid) for one in meeting.record)
    assert meeting.told == meeting.record


async def test_a_journal_that_cannot_write_loses_nothing_that_was_acknowledged(meeting: Hall) -> None:
    meeting.journal.failing = Unavailable("journal.down")
    told = len(meeting.told)
    assert await code_of(meeting.alice.says("Satu")) == "journal.down"
    await meeting.alice.media_stops(seconds_ago=1)
    assert len(meeting.told) == told
    meeting.journal.failing = None
    await meeting.passes(seconds=1)
    await meeting.alice.says("Satu")
    assert meeting.alice.sees()["chat"][-1]["text"] == "Satu"
    assert isinstance(meeting.record[told], facts.PresenceLost)
    assert meeting.told == meeting.record


async def test_a_mailbox_that_breaks_is_replaced_and_nobodys_line_drops(meeting: Hall) -> None:
    meeting.journal.failing = OSError("no space left on device")
    assert await code_of(meeting.alice.says("Satu")) == "room.closed"
    meeting.journal.failing = None
    await meeting.alice.says("Satu")
    assert not any(isinstance(one, facts.ServiceInterrupted) for one in meeting.record)
    assert {one["present"] for one in meeting.alice.sees()["sessions"]} == {True}
    assert meeting.told == meeting.record


async def test_what_was_written_but_not_confirmed_is_told_after_all(meeting: Hall) -> None:
    class Forgetful(MemoryJournal):
        async def append(self, *args: Any) -> tuple[NumberedFact, ...]:
            await super().append(*args)
            raise OSError("the answer was lost")

    meeting.journal.__class__ = Forgetful
    assert await code_of(meeting.alice.says("Satu")) == "room.closed"
    meeting.journal.__class__ = MemoryJournal
    assert meeting.told != meeting.record
    await meeting.passes(seconds=1)
    assert meeting.told == meeting.record
    assert meeting.alice.sees()["chat"][-1]["text"] == "Satu"


async def test_graces_outlive_a_mailbox_that_breaks(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.alice.line_drops()
    meeting.journal.failing = OSError("no space left on device")
    assert await code_of(meeting.secretary.says("Satu")) == "room.closed"
    meeting.journal.failing = None
    await meeting.secretary.says("Satu")
    await meeting.passes(seconds=8)
    assert not await meeting.alice.is_in()
    assert meeting.alice.seconds == [(0, 60)]
    assert await meeting.secretary.is_in()


# ------------------------------------------------------------ the media process


async def test_the_record_shows_the_gap_of_the_media_process(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.media_process_dies()
    assert meeting.alice.sees()["media_down_since_ms"] == meeting.clock.now_ms()
    await meeting.passes(seconds=2)
    await meeting.media_process_is_back()
    assert meeting.alice.sees()["media_down_since_ms"] == 0
    gap = meeting.attendance().gaps[0]
    assert gap.to_ms - gap.from_ms == 2_000
    assert meeting.audience.last_hint("plane_up") == {"epoch": meeting.plane.epoch}


async def test_who_does_not_come_back_to_the_new_media_process_went_with_the_old(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.media_process_dies()
    await meeting.passes(seconds=2)
    await meeting.media_process_is_back()
    await meeting.alice.media_flows()
    await meeting.passes(seconds=25)
    assert meeting.alice.seconds == [(0, 87)]
    assert meeting.secretary.seconds == [(0, 60)]


async def test_a_plane_that_comes_and_goes_at_once_is_a_gap_too(meeting: Hall) -> None:
    meeting.rooms.plane_down(MEETING, meeting.clock.now_ms())
    meeting.rooms.plane_up(MEETING, "epoch-9")
    await meeting.settles()
    kinds = [type(one).__name__ for one in meeting.record[-2:]]
    assert kinds == ["MediaInterrupted", "MediaRestored"]


# ------------------------------------------------------------ what the plane is told


async def test_what_is_off_is_not_forwarded(meeting: Hall) -> None:
    alice, chair, plane = meeting.alice, meeting.chair, meeting.plane
    await alice.turns("microphone")
    await alice.turns("camera")
    await alice.turns("screen")
    sound = await alice.sends("microphone")
    for source in ("camera", "screen", "screen_audio"):
        await alice.sends(source)
    assert not any(one.paused for one in plane.producers(MEETING))
    await chair.turns_off("microphone", alice)
    assert plane.streams[sound.producer_id].paused
    await alice.turns("microphone")
    assert not plane.streams[sound.producer_id].paused
    await chair.turns_off("screen", alice)
    assert {one.source for one in plane.producers(MEETING)} == {"microphone", "camera"}
    await chair.turns_off("camera", alice)
    assert {one.source for one in plane.producers(MEETING)} == {"microphone"}


async def test_what_is_sent_although_it_is_off_is_paused(meeting: Hall) -> None:
    sound = await meeting.alice.sends("microphone")
    assert meeting.plane.streams[sound.producer_id].paused
    await meeting.plane.set_paused(sound.producer_id, False)
    meeting.rooms.producer_changed(MEETING, sound)
    await meeting.settles()
    assert meeting.plane.streams[sound.producer_id].paused


async def test_a_pause_of_ones_own_is_not_undone(meeting: Hall) -> None:
    await meeting.alice.turns("microphone")
    sound = await meeting.alice.sends("microphone")
    await meeting.plane.set_paused(sound.producer_id, True)
    meeting.rooms.producer_changed(MEETING, sound)
    await meeting.settles()
    assert meeting.plane.streams[sound.producer_id].paused


async def test_an_order_that_the_dead_plane_missed_is_kept(meeting: Hall) -> None:
    meeting.plane.down = True  # it dies, and nobody has been told yet
    await meeting.chair.removes(meeting.alice)
    assert meeting.plane.dismissed == []
    await meeting.media_process_is_back()
    assert meeting.plane.dismissed == [meeting.alice.session_id]


async def test_hints_reach_the_room(meeting: Hall) -> None:
    sound = await meeting.alice.sends("microphone")
    meeting.rooms.speakers(MEETING, {meeting.alice.session_id: 80})
    meeting.rooms.consumer_changed(meeting.chair.session_id, "k1", True, "bandwidth", 0)
    assert meeting.audience.last_hint("speakers") == {"levels": {meeting.alice.session_id: 80}}
    assert meeting.rooms.loudness(MEETING) == {meeting.alice.session_id: 80}
    opened = meeting.audience.last_hint("producer_opened")
    assert opened is not None
    assert opened["producer_id"] == sound.producer_id
    assert meeting.audience.hints[-1][2] == meeting.chair.session_id


# ------------------------------------------------------------ the server is killed, the media process is not


async def test_media_that_went_on_without_the_server_leave_no_gap_in_the_record(meeting: Hall) -> None:
    people = (meeting.chair, meeting.secretary, meeting.alice)
    for one in people:
        await meeting.plane.admit(MEETING, one.session_id)
        meeting.plane.flowing[one.session_id] = meeting.clock.now_ms()
    await meeting.passes(seconds=60)
    plane, before = meeting.plane, len(meeting.record)
    await meeting.is_killed()
    await meeting.passes(seconds=6)
    await meeting.comes_back(plane)
    for one in people:
        assert await one.line_is_back()
    await meeting.passes(seconds=34)
    assert len(meeting.record) == before
    assert meeting.alice.seconds == [(0, 100)]


async def test_who_was_not_seen_without_the_server_was_away_and_nobody_else(meeting: Hall) -> None:
    for one in (meeting.chair, meeting.secretary, meeting.alice):
        await meeting.plane.admit(MEETING, one.session_id)
        meeting.plane.flowing[one.session_id] = meeting.clock.now_ms()
    await meeting.passes(seconds=60)
    plane = meeting.plane
    await meeting.is_killed()
    del plane.flowing[meeting.alice.session_id]
    plane.seated["session-of-nobody"] = MEETING
    await meeting.passes(seconds=6)
    await meeting.comes_back(plane)
    for one in (meeting.chair, meeting.secretary):
        assert await one.line_is_back()
    await meeting.passes(seconds=34)
    assert not [one for one in meeting.record if isinstance(one, facts.ServiceInterrupted)]
    assert meeting.chair.seconds == [(0, 100)]
    assert meeting.alice.seconds == [(0, 60)]
    assert "session-of-nobody" in plane.dismissed


# ------------------------------------------------------------ the server is started anew, the media process is not


async def test_an_orderly_restart_with_media_that_go_on_leaves_no_trace_in_the_record(meeting: Hall) -> None:
    people = (meeting.chair, meeting.secretary, meeting.alice)
    for one in people:
        await meeting.plane.admit(MEETING, one.session_id)
        meeting.plane.flowing[one.session_id] = meeting.clock.now_ms()
    await meeting.passes(seconds=60)
    plane, before = meeting.plane, len(meeting.record)
    await meeting.shuts_down_in_order(keep=True)
    await meeting.passes(seconds=6)
    await meeting.comes_back(plane)
    for one in people:
        assert await one.line_is_back()
    await meeting.passes(seconds=34)
    assert len(meeting.record) == before
    assert meeting.alice.seconds == [(0, 100)]


async def test_media_that_were_to_go_on_and_ended_were_gone_since_the_server_was(meeting: Hall) -> None:
    await meeting.plane.admit(MEETING, meeting.alice.session_id)
    meeting.plane.flowing[meeting.alice.session_id] = meeting.clock.now_ms()
    await meeting.passes(seconds=60)
    await meeting.shuts_down_in_order(keep=True)
    meeting.clock.advance(300_000)
    await meeting.comes_back()
    assert any(isinstance(one, facts.ServiceInterrupted) for one in meeting.record)
    assert meeting.alice.seconds == [(0, 60)]


async def test_a_meeting_without_media_is_given_back_although_others_media_go_on(meeting: Hall) -> None:
    await meeting.passes(seconds=60)
    await meeting.shuts_down_in_order(keep=True)
    assert MEETING not in meeting.store.holders
    assert any(isinstance(one, facts.MediaInterrupted) for one in meeting.record)

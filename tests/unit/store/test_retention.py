"""What the schedules say is destroyed, and nothing else; the chain verifies afterwards and says what is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.config import Config, DatabaseSection, RetentionSection, ScheduleSection, ServerSection
from server.documents import compose
from server.errors import Refused
from server.meeting import facts
from server.meeting.attendance import attendance
from server.meeting.finding import Search
from server.meeting.retention import CLASSES, DAY_MS, Kept, Schedule, due_now, next_due
from server.meeting.state import replay
from server.retention import Retention
from server.store.store import Store
from tests.unit.store.places import START_MS, Place, StandingClock, beginning
from tests.unit.store.test_projections import keep

SIGNED = "ab" * 32
RULES = RetentionSection("rutin", (ScheduleSection("rutin", 100, 50, 10), ScheduleSection("tetap")))


async def held(store: Store, place: Place, meeting_id: str = "m1") -> None:
    """A whole meeting, with a signed file, an answer, votes and everything that names its people."""
    await keep(
        store,
        meeting_id,
        beginning(),
        [facts.InvitationsSent("a1"), facts.InvitationAnswered("p3", "p3", "yes", START_MS, "link")],
        [facts.MeetingOpened("p1"), facts.Joined("p1", "s1"), facts.PresenceConfirmed("s1", "media")],
        [facts.HandRaised("p1"), facts.FloorGiven("p1", "p1", "", 0), facts.FloorEnded("p1", "p1")],
        [facts.ChatSaid("c1", "p1", "kemoceng"), facts.NotesWritten("p2", "", 1, "Kemarau panjang")],
        [
            facts.ConsensusCalled("p1", "k1", 1, "", "Setuju", START_MS),
            facts.ConsensusReached("p1", "k1", ("p1", "p2")),
        ],
        [facts.DecisionRecorded("p2", "d1", 1, "", "Setuju", "mufakat", "k1")],
        [facts.ActionRecorded("p2", "t1", 1, "", "Melapor", "p3"), facts.ActionDone("p3", "t1")],
        [facts.Left("s1", "closed", START_MS), facts.MeetingClosed("p1")],
        [facts.PresenceMarked("p2", "k1", "p3", "room", START_MS, 0), facts.MinutesApproved("p1", "cd" * 32, 5)],
        [facts.MinutesSigned("p1", SIGNED, "scan")],
    )
    await store.journal.give_lease(meeting_id)
    folder = place.data_folder / "signed" / meeting_id
    folder.mkdir(parents=True)
    (folder / f"{SIGNED}.pdf").write_bytes(b"%PDF")


def waiting_files(place: Place, meeting_id: str) -> list[Path]:
    return list((place.data_folder / "signed" / meeting_id).iterdir())


def keeper(store: Store, place: Place, clock: StandingClock) -> Retention:
    config = Config(
        server=ServerSection(data_folder=place.data_folder), database=DatabaseSection(place.url), retention=RULES
    )
    return Retention(config, store, clock, lambda _: nullcontext())


async def found(store: Store, words: str) -> int:
    return len(await store.searches.find(Search(None, words)))


async def test_each_class_goes_when_its_time_is_over(store: Store, place: Place, clock: StandingClock) -> None:
    await held(store, place)
    retention = keeper(store, place, clock)
    clock.at_ms = START_MS + DAY_MS
    assert await retention.run() == []
    assert [(one.at_ms - START_MS) // DAY_MS for one in await retention.coming(9)] == [10]

    clock.at_ms = START_MS + 11 * DAY_MS
    assert [one.classes for one in await retention.due()] == [("chat",)]
    (done,) = await retention.run()
    assert (done.due.classes, done.files, done.failed) == (("chat",), 0, "")
    verdict = await store.verify("m1")
    assert (verdict.holds, verdict.erased) == (True, 1)
    assert (await found(store, "kemarau"), await found(store, "santoso")) == (1, 1)
    assert await retention.run() == []

    clock.at_ms = START_MS + 51 * DAY_MS
    (done,) = await retention.run()
    assert done.due.classes == ("presence",)
    assert await store.listings.invitations("m1") == ()
    assert (await found(store, "kemarau"), await found(store, "santoso")) == (1, 0)
    numbered = await store.journal.read("m1")
    state = replay("m1", numbered)
    assert (state.status, state.people, state.number) == ("closed", {}, numbered[-1].number)
    assert attendance(numbered, clock.at_ms).attendees == ()
    assert compose.notula("m1", numbered, clock.at_ms).of("decision")

    clock.at_ms = START_MS + 101 * DAY_MS
    (done,) = await retention.run()
    assert (done.due.classes, done.files) == (("record", "recordings", "documents"), 1)
    assert not (place.data_folder / "signed" / "m1").exists()
    verdict = await store.verify("m1")
    assert verdict.holds
    assert verdict.erased == verdict.checked - 3
    assert (await store.listings.all_meetings()).items == ()
    assert await found(store, "kemarau") == 0
    assert [type(one.fact) for one in await store.journal.read("m1")] == [facts.RecordErased] * 3
    assert await retention.run() == []
    reports = retention.reports()
    assert len(reports) == 3
    assert "Rapat Koordinasi\trutin\trecord recordings documents\t1 berkas/files\tdimusnahkan" in reports[0].read_text()


async def test_what_is_held_or_in_use_or_for_ever_stays(store: Store, place: Place, clock: StandingClock) -> None:
    for name in ("m1", "m2", "m3"):
        await held(store, place, name)
    for name, fact in (("m1", facts.HoldSet("a1", "perkara")), ("m2", facts.ScheduleSet("a1", "tetap"))):
        await store.journal.take_lease(name)
        last = (await store.journal.read(name))[-1].number
        await store.journal.append(name, last, START_MS, [fact])
        await store.journal.give_lease(name)
    clock.at_ms = START_MS + 200 * DAY_MS
    retention = keeper(store, place, clock)
    assert [one.kept.meeting_id for one in await retention.due()] == ["m3"]

    @asynccontextmanager
    async def busy(_: str) -> AsyncIterator[None]:
        raise Refused("room.busy")
        yield

    config = Config(server=ServerSection(data_folder=place.data_folder), retention=RULES)
    (waiting,) = await Retention(config, store, clock, busy).run()
    assert waiting.failed == "room.busy"
    assert await found(store, "kemarau") == 3
    assert [file.name for file in waiting_files(place, "m3")] == [f"{SIGNED}.pdf"]
    (done,) = await retention.run()
    assert done.due.kept.meeting_id == "m3"
    assert await found(store, "kemarau") == 2


async def test_every_class_alone_leaves_a_meeting_that_can_be_read(store: Store, place: Place) -> None:
    for sealing in ("chat", "presence", "record"):
        name = f"only-{sealing}"
        await held(store, place, name)
        await store.journal.take_lease(name)
        await store.journal.erase(name, [sealing], [facts.RecordErased((sealing,), "rutin")], START_MS)
        numbered = await store.journal.read(name)
        assert replay(name, numbered).keeping.erased == (sealing,)
        attendance(numbered, START_MS)
        compose.notula(name, numbered, START_MS)
        compose.attendance_list(name, numbered, START_MS)
        assert (await store.verify(name)).holds
        await store.journal.rebuild(name)


# ------------------------------------------------------------ the arithmetic

days = st.integers(0, 400)
schedules = st.builds(Schedule, st.just("rutin"), days, days, days, days)
erased = st.sets(st.sampled_from(CLASSES)).map(tuple)


@given(schedules, erased, st.integers(0, 500))
def test_what_is_due_was_announced_and_never_early(schedule: Schedule, gone: tuple[str, ...], day: int) -> None:
    kept = Kept("m1", "Rapat", START_MS, "Asia/Jakarta", "", False, gone)
    now_ms = START_MS + day * DAY_MS
    due, coming = due_now(kept, {"rutin": schedule}, "rutin", now_ms), next_due(kept, {"rutin": schedule}, "rutin")
    assert (due is not None) == (coming is not None and coming.at_ms <= now_ms)
    if due is None or coming is None:
        return
    assert set(coming.classes) <= set(due.classes)
    assert not set(due.classes) & set(gone)
    for one in due.classes:
        own, whole = schedule.days(one), schedule.record_days
        assert (own and own <= day) or (whole and whole <= day)
    assert due_now(kept, {}, "rutin", now_ms) is None


@pytest.mark.parametrize("held", [True, False])
def test_a_hold_stops_everything(held: bool) -> None:
    kept = Kept("m1", "Rapat", START_MS, "Asia/Jakarta", "tetap", held, ())
    known = {"rutin": Schedule("rutin", 1), "tetap": Schedule("tetap")}
    assert due_now(kept, known, "rutin", START_MS * 2) is None
    other = Kept("m1", "Rapat", START_MS, "Asia/Jakarta", "", held, ())
    assert (due_now(other, known, "rutin", START_MS * 2) is None) == held

"""A meeting on record with real processes: who agreed is taken, who did not is not; pauses, crashes, a full disk."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import av
import pytest

from recordings.desk import RecordingDesk
from recordings.manifest import NAME, decode, hash_of
from recordings.seal import SealedReader
from recordings.space import Space
from server.clock import SystemClock
from server.meeting import commands, rules
from server.meeting.commands import Actor, Command
from server.meeting.facts import NumberedFact, RecordingStopped
from server.meeting.ports import Producer
from server.meeting.state import State, apply
from server.sfu.config import MediaConfig
from server.sfu.plane import MediaPlaneProcess
from tests.factories import actor, plan
from tests.unit.sfu.guest import Guest
from tests.unit.sfu.listener import Ear

WITHIN_S = 20.0
KEY = b"r" * 32
CHAIR, SECRETARY, ALICE = "p1", "p2", "p3"


class Keys:
    async def for_writing(self, _meeting_id: str) -> bytes:
        return KEY

    async def for_reading(self, _meeting_id: str) -> bytes | None:
        return KEY


@dataclass
class Book:
    """The meeting: what is decided is so at once, and the desk is told."""

    desk: RecordingDesk
    state: State = field(default_factory=lambda: State("rapat"))
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    facts: list[object] = field(default_factory=list)

    async def submit(self, meeting_id: str, who: Actor, command: Command) -> int:
        assert meeting_id == "rapat"
        self.wish(command, who)
        return self.state.number

    def wish(self, command: Command, who: Actor) -> None:
        now_ms = SystemClock().now_ms()
        for fact in rules.decide(self.state, command, who, now_ms):
            self.facts.append(fact)
            self.state = apply(self.state, NumberedFact(self.state.number + 1, now_ms, fact))
        self.changed.set()
        self.desk.look(self.state)

    async def until(self, condition: object) -> None:
        assert callable(condition)
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


@dataclass
class Hall:
    plane: MediaPlaneProcess
    ear: Ear
    desk: RecordingDesk
    book: Book
    folder: Path
    guests: dict[str, Guest] = field(default_factory=dict)

    async def comes(self, person_id: str, number: int) -> tuple[Producer, Producer]:
        """Joins, switches camera and microphone on, and sends."""
        guest = self.guests[person_id] = Guest(self.plane, number)
        self.book.wish(commands.Join(guest.session_id), actor(person_id))
        await guest.join()
        return await guest.speak()

    async def talk(self, seconds: float) -> None:
        """Everybody sends, in real time."""
        loop = asyncio.get_running_loop()
        until = loop.time() + seconds
        while loop.time() < until:
            for guest in self.guests.values():
                guest.participant.send_frame()
                guest.participant.send_audio()
                guest.participant.send_audio()
                guest.participant.send_reports()
            await asyncio.sleep(0.04)

    @property
    def files(self) -> list[Path]:
        return sorted((self.folder / "rapat").rglob("*.sealed"))


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    ear = Ear()
    plane = MediaPlaneProcess(MediaConfig(), SystemClock(), log_level="ERROR")
    plane.listen(ear)
    await plane.start()
    folder = tmp_path / "recordings"
    desk = RecordingDesk(folder, plane, Keys(), Space(folder, 0, 0))
    book = Book(desk)
    desk.write_to(book)
    book.wish(plan(), Actor("", office_role="secretary", account_id="a1"))
    running = Hall(plane, ear, desk, book, folder)
    yield running
    for guest in running.guests.values():
        guest.leave()
    await desk.close()
    await plane.close()


async def test_who_agreed_is_recorded_and_nobody_else(hall: Hall) -> None:
    book = hall.book
    await hall.comes(CHAIR, 1)
    await hall.comes(ALICE, 2)
    book.wish(commands.OpenMeeting(), actor(CHAIR))
    book.wish(commands.StartRecording("r1"), actor(CHAIR))
    while len(hall.files) < 2:
        await hall.talk(0.5)
    await hall.talk(0.5)
    book.wish(commands.StopRecording(), actor(CHAIR))
    await book.until(lambda: book.state.recording.taken[0].manifest)
    taken = book.state.recording.taken[0]
    manifest = decode((hall.folder / "rapat" / "r1" / NAME).read_bytes())
    assert {one.person_id for one in manifest.files} == {CHAIR}
    assert {one.source for one in manifest.files} == {"camera", "microphone"}
    assert all(one.complete and one.frames for one in manifest.files)
    assert taken.manifest == hash_of(hall.folder / "rapat" / "r1" / NAME)
    for one in manifest.files:
        path = hall.folder / "rapat" / "r1" / one.name
        assert hash_of(path) == one.sha256
        with SealedReader(path, KEY) as reader, av.open(reader, "r") as container:
            times = [int(packet.pts) for packet in container.demux() if packet.pts is not None]
        assert len(times) == one.frames
        assert (times[0], times[-1]) == (one.from_ms, one.until_ms)
        assert times[0] >= 0
    book.wish(commands.CloseMeeting(), actor(CHAIR))


async def test_a_crash_of_the_recorder_costs_a_second_and_it_goes_on(hall: Hall) -> None:
    book = hall.book
    await hall.comes(CHAIR, 1)
    book.wish(commands.OpenMeeting(), actor(CHAIR))
    book.wish(commands.StartRecording("r1"), actor(CHAIR))
    while sum(path.stat().st_size for path in hall.files) < 30_000:
        await hall.talk(0.5)
    recorder = hall.desk._recorders["rapat"]._process
    assert recorder is not None
    os.kill(recorder.pid, signal.SIGKILL)
    await recorder.ended.wait()
    hall.desk.look(book.state)
    while len(hall.files) < 4:
        await hall.talk(0.5)
    book.wish(commands.StopRecording(), actor(CHAIR))
    await book.until(lambda: book.state.recording.taken[0].manifest)
    manifest = decode((hall.folder / "rapat" / "r1" / NAME).read_bytes())
    cut_off = [one for one in manifest.files if not one.complete]
    assert len(cut_off) == 2
    assert all(one.frames and one.bytes for one in cut_off)
    assert {one.source for one in manifest.files if one.complete} == {"camera", "microphone"}


async def test_a_pause_is_not_recorded(hall: Hall) -> None:
    book = hall.book
    await hall.comes(CHAIR, 1)
    book.wish(commands.OpenMeeting(), actor(CHAIR))
    book.wish(commands.StartRecording("r1", "audio"), actor(CHAIR))
    while not hall.files:
        await hall.talk(0.4)
    book.wish(commands.PauseRecording(), actor(CHAIR))
    await hall.talk(1.2)
    book.wish(commands.ResumeRecording(), actor(CHAIR))
    while len(hall.files) < 2:
        await hall.talk(0.4)
    book.wish(commands.StopRecording(), actor(CHAIR))
    await book.until(lambda: book.state.recording.taken[0].manifest)
    manifest = decode((hall.folder / "rapat" / "r1" / NAME).read_bytes())
    assert [one.source for one in manifest.files] == ["microphone", "microphone"]
    first, second = sorted(manifest.files, key=lambda one: one.from_ms)
    assert second.from_ms - first.until_ms >= 1_000  # talked for 1.2 s meanwhile


async def test_a_disk_that_is_full_ends_it_loudly(hall: Hall) -> None:
    book = hall.book
    hall.desk._space = Space(hall.folder, 1, 0)
    await hall.comes(CHAIR, 1)
    book.wish(commands.OpenMeeting(), actor(CHAIR))
    book.wish(commands.StartRecording("r1"), actor(CHAIR))
    await book.until(lambda: any(isinstance(one, RecordingStopped) for one in book.facts))
    assert RecordingStopped("", "r1", "disk") in book.facts
    assert book.state.recording.status == "off"


async def test_the_media_process_dies_and_the_recording_goes_on(hall: Hall) -> None:
    book = hall.book
    await hall.comes(CHAIR, 1)
    book.wish(commands.OpenMeeting(), actor(CHAIR))
    book.wish(commands.StartRecording("r1"), actor(CHAIR))
    while len(hall.files) < 2:
        await hall.talk(0.4)
    [pid] = hall.plane.pids
    os.kill(pid, signal.SIGKILL)
    await hall.ear.hears("plane_up", 1)
    hall.guests.pop(CHAIR).leave()
    guest = hall.guests[CHAIR] = Guest(hall.plane, 1)
    await guest.join()
    await guest.speak()
    hall.desk.look(book.state)
    while len(hall.files) < 4:
        await hall.talk(0.4)
    book.wish(commands.StopRecording(), actor(CHAIR))
    await book.until(lambda: book.state.recording.taken[0].manifest)
    manifest = decode((hall.folder / "rapat" / "r1" / NAME).read_bytes())
    assert len(manifest.files) == 4
    assert all(one.complete for one in manifest.files)

"""A meeting's recording made watchable by real processes: what was taken is found again in the decoded outcome."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from recordings.compose.loudness import TARGET_LUFS, measured
from recordings.composing import ComposerProcess
from recordings.library import Composed, Library
from recordings.manifest import hash_of
from recordings.seal import SealedReader
from recordings.space import Space
from recordings.studio import Shop, Studio
from server.errors import NotFound
from server.meeting import commands, rules
from server.meeting.commands import SERVER, Actor, Command
from server.meeting.facts import NumberedFact
from server.meeting.state import State, apply
from tests.factories import actor, plan
from tests.unit.recordings.taken import BEEP_HZ, GREEN, KEY, RED, Take
from web.i18n import Catalogues

WITHIN_S = 240.0
CHAIR, SECRETARY, ALICE = "p1", "p2", "p3"
OFFICE = Actor("", office_role="secretary", account_id="a1")
START_MS = 1_795_485_600_000
LEFT = (320, 340)  # within the chair's tile, which is the left one of two
CODECS = {"video.mp4": ["h264", "aac"], "video.webm": ["vp9", "opus"]}


class Keys:
    async def for_writing(self, _meeting_id: str) -> bytes:
        return KEY

    async def for_reading(self, _meeting_id: str) -> bytes | None:
        return KEY


@dataclass
class Book:
    """A meeting whose clock is moved by hand."""

    now_ms: int = START_MS
    state: State = field(default_factory=lambda: State("rapat"))
    record: list[NumberedFact] = field(default_factory=list)
    studio: Studio | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def submit(self, _meeting_id: str, who: Actor, command: Command) -> int:
        self.wish(command, who)
        return self.state.number

    def wish(self, command: Command, who: Actor) -> None:
        for fact in rules.decide(self.state, command, who, self.now_ms):
            numbered = NumberedFact(self.state.number + 1, self.now_ms, fact)
            self.record.append(numbered)
            self.state = apply(self.state, numbered)
        self.changed.set()
        if self.studio is not None:
            self.studio.look(self.state)

    async def facts_after(self, _meeting_id: str, number: int) -> list[NumberedFact]:
        return self.record[number:]

    async def until(self, condition: object) -> None:
        assert callable(condition)
        async with asyncio.timeout(WITHIN_S):
            while not condition():
                self.changed.clear()
                await self.changed.wait()


class Meetings:
    """As the studio sees them."""

    def __init__(self, book: Book) -> None:
        self.book = book

    async def submit(self, meeting_id: str, who: Actor, command: Command) -> int:
        return await self.book.submit(meeting_id, who, command)

    async def state(self, meeting_id: str) -> State:
        if meeting_id != "rapat":
            raise NotFound("meeting.unknown")
        return self.book.state

    async def facts_after(self, meeting_id: str, number: int) -> list[NumberedFact]:
        return await self.book.facts_after(meeting_id, number)


@dataclass
class Hall:
    book: Book
    studio: Studio
    library: Library
    folder: Path
    somebody_meets: bool = False

    def order(self, composition_id: str = "c1") -> None:
        self.book.wish(commands.OrderComposition(composition_id), actor(SECRETARY))

    async def made(self, composition_id: str = "c1") -> Composed:
        book = self.book
        await book.until(lambda: book.state.recording.composition(composition_id).status != "ordered")
        shelf = await self.library.shelf(book.state)
        assert shelf.failed is None
        return next(
            one for one in (shelf.whole, *shelf.clips) if one and one.composition.composition_id == composition_id
        )

    def open(self, name: str, composition_id: str = "c1") -> SealedReader:
        return SealedReader(self.folder / "rapat" / f"composed.{composition_id}" / f"{name}.sealed", KEY)


def record(book: Book, folder: Path) -> None:
    """From second 0: chair (flash and beep) and Alice (green, a tone); paused from 24 to 60; the second item at 10."""
    take = Take(folder / "rapat", "r1", START_MS)
    chair = actor(CHAIR)
    book.wish(plan(), OFFICE)
    book.wish(commands.Join("s1"), chair)
    book.wish(commands.Join("s3"), actor(ALICE))
    book.wish(commands.OpenMeeting(), chair)
    book.wish(commands.OpenItem("i1"), chair)
    book.wish(commands.StartRecording("r1"), chair)
    book.wish(commands.AnswerRecording(True), actor(ALICE))
    book.now_ms = START_MS + 10_000
    book.wish(commands.OpenItem("i2"), chair)
    book.now_ms = START_MS + 24_000
    book.wish(commands.PauseRecording(), chair)
    book.now_ms = START_MS + 60_000
    book.wish(commands.ResumeRecording(), chair)
    book.now_ms = START_MS + 66_000
    book.wish(commands.CloseMeeting(), chair)
    for begin, end in ((0, 24_000), (60_000, 66_000)):
        take.camera(CHAIR, RED, begin, end, flashes=True)
        take.voice(CHAIR, begin, end)
    take.camera(ALICE, GREEN, 4_000, 24_000)
    take.voice(ALICE, 12_000, 20_000, tone_hz=440, level=0.02)
    take.manifest(66_000)
    digest = hash_of(folder / "rapat" / "r1" / "manifest.json")
    book.wish(commands.ReportRecordingSealed("r1", digest, 1_000, len(take.files)), SERVER)


async def seen(condition: Callable[[], bool]) -> None:
    """What another process does is only seen in the file system."""
    async with asyncio.timeout(WITHIN_S):
        while not condition():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def there(*paths: Path) -> None:
    await seen(lambda: all(path.exists() for path in paths))


async def _open_hall(folder: Path, book: Book) -> Hall:
    halls: list[Hall] = []
    words = Catalogues().words("id")
    shop = Shop(folder, Keys(), Space(folder, 0, 0), words, lambda: halls[0].somebody_meets)
    studio = book.studio = Studio(shop, after_meetings=False)
    studio.write_to(Meetings(book))
    halls.append(Hall(book, studio, Library(folder, Keys(), studio.job), folder))
    await studio.start()
    return halls[0]


Kept = tuple[Path, list[NumberedFact], State]


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Kept:
    """Recorded once."""
    folder, book = tmp_path_factory.mktemp("taken"), Book()
    record(book, folder)
    return folder, book.record, book.state


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory, taken: Kept) -> Kept:
    """Composed once, for all who only look at it."""
    folder, book = _copied(taken, tmp_path_factory.mktemp("composed"))

    async def compose() -> None:
        hall = await _open_hall(folder, book)
        hall.order()
        await hall.made()
        await hall.studio.close()

    asyncio.run(compose())
    return folder, book.record, book.state


def _copied(kept: Kept, to: Path) -> tuple[Path, Book]:
    folder, facts, state = kept
    shutil.copytree(folder / "rapat", to / "rapat")
    return to, Book(record=list(facts), state=state)


@pytest.fixture
async def composed(tmp_path: Path, once: Kept) -> AsyncIterator[Hall]:
    hall = await _open_hall(*_copied(once, tmp_path))
    yield hall
    await hall.studio.close()


@pytest.fixture
async def hall(tmp_path: Path, taken: Kept) -> AsyncIterator[Hall]:
    hall = await _open_hall(*_copied(taken, tmp_path))
    yield hall
    await hall.studio.close()


def luma(container: av.container.InputContainer, place: tuple[int, int]) -> list[tuple[int, int]]:
    """(ms, luma of that pixel) of every picture."""
    (x, y), found = place, []
    for frame in container.decode(video=0):
        pixels = frame.to_ndarray(format="yuv420p")
        found.append((round(frame.pts * frame.time_base * 1000), int(pixels[y, x])))
    return found


def begins(rows: Sequence[tuple[int, float]], above: float) -> list[int]:
    """The moments at which it rises above."""
    return [at for (_, low), (at, high) in pairwise([(0, 0.0), *rows]) if low <= above < high]


def sound(container: av.container.InputContainer) -> np.ndarray:
    """One channel, from 0 on; what an encoder needs to begin left out."""
    frames = list(container.decode(audio=0))
    samples = np.concatenate([frame.to_ndarray()[0] for frame in frames])
    begins = round(frames[0].pts * frames[0].time_base * 48_000)
    return samples[-begins:] if begins < 0 else np.concatenate([np.zeros(begins, np.float32), samples])


def beeping(samples: np.ndarray) -> list[tuple[int, float]]:
    """(ms, how much of it is at 1 kHz) of every 2 ms: whatever else is heard meanwhile."""
    width = 480
    probe = np.exp(-2j * np.pi * BEEP_HZ * np.arange(width) / 48_000) * np.hanning(width)
    return [
        ((at + width // 2) // 48, float(np.abs(np.dot(samples[at : at + width], probe))) * 4 / width)
        for at in range(0, len(samples) - width, 96)
    ]


def tone_hz(samples: np.ndarray) -> float:
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum)) * 48_000 / len(samples)


@pytest.mark.parametrize("name", ["video.mp4", "video.webm"])
async def test_what_was_taken_is_found_again_at_its_second(composed: Hall, name: str) -> None:
    made = await composed.made()
    assert [(one.card, one.length_ms) for one in made.parts] == [("", 23_960), ("paused", 3_000), ("", 5_960)]
    assert made.at(START_MS + 10_000) == 10_000
    assert made.at(START_MS + 40_000) == 23_960
    assert made.at(START_MS + 62_000) == 26_960 + 2_000
    with composed.open(name) as reader, av.open(reader, "r") as container:
        told = [
            (round(one["start"] * one["time_base"] * 1000), one["metadata"]["title"]) for one in container.chapters()
        ]
        assert told == [(0, "1. Pembukaan"), (10_000, "2. Anggaran")]
        assert [one.codec_context.name for one in container.streams if one.type in {"video", "audio"}] == CODECS[name]
        pictures = luma(container, LEFT)
        assert len(pictures) == made.length_ms // 40
    with composed.open(name) as reader, av.open(reader, "r") as container:
        heard = beeping(sound(container))
    flashes, beeps = begins(pictures, 180), begins(heard, 0.06)
    paused_ms = 24_000 - 23_960 + 36_000 - 3_000  # what the card is shorter than the pause
    whole = [*range(0, 24_000, 1_000), *(at - paused_ms for at in range(60_000, 66_000, 1_000))]
    assert len(flashes) == len(beeps) == len(whole)
    for at, flash, beep in zip(whole, flashes, beeps, strict=True):
        assert abs(flash - at) <= 40
        assert abs(beep - at) <= 40
        assert abs(flash - beep) <= 40


async def test_a_killed_composer_goes_on_after_its_last_whole_piece(
    hall: Hall, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[ComposerProcess] = []
    spawn = ComposerProcess.spawn

    async def watched() -> ComposerProcess:
        begun.append(await spawn())
        return begun[-1]

    monkeypatch.setattr(ComposerProcess, "spawn", watched)
    hall.order()
    folder = hall.folder / "rapat" / "composed.c1"
    first = folder / "h264-00000.sealed"
    await there(first, folder / "vp9-00000.sealed")
    os.kill(begun[0].pid, signal.SIGKILL)
    stamp = first.stat()
    await there(folder / "h264-00001.sealed", folder / "vp9-00001.sealed")
    assert len(begun) == 2
    assert first.stat().st_mtime_ns == stamp.st_mtime_ns  # not made anew
    made = await hall.made()
    assert sorted(path.name for path in folder.iterdir()) == [
        "audio.mp3.sealed", "manifest.json", "speakers.sealed", "video.mp4.sealed", "video.webm.sealed",
    ]  # fmt: skip
    with hall.open("video.mp4") as reader, av.open(reader, "r") as container:
        assert len(begins(luma(container, LEFT), 180)) == 30
    with hall.open("video.mp4") as reader, av.open(reader, "r") as container:
        heard = beeping(sound(container))
    assert len(begins(heard, 0.06)) == 30
    assert abs(heard[-1][0] - made.length_ms) < 100


async def test_it_waits_while_somebody_meets(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recordings.studio.LOOK_S", 0.05)
    hall.somebody_meets = True
    hall.order()
    folder = hall.folder / "rapat" / "composed.c1"
    await seen(lambda: (job := hall.studio.job("rapat", "c1")) is not None and job.doing == "paused")
    assert not list(folder.glob("*.sealed"))
    hall.somebody_meets = False
    await there(folder / "sound-00000.sealed")
    await hall.made()
    assert hall.studio.job("rapat", "c1") is None


async def test_a_job_that_is_withdrawn_leaves_nothing(hall: Hall) -> None:
    hall.order()
    folder = hall.folder / "rapat" / "composed.c1"
    await there(folder / "sound-00000.sealed")
    hall.book.wish(commands.WithdrawComposition("c1"), actor(CHAIR))
    await seen(lambda: not folder.exists())
    shelf = await hall.library.shelf(hall.book.state)
    assert (shelf.whole, shelf.jobs) == (None, ())


async def test_a_clip_begins_and_ends_at_its_frame(composed: Hall) -> None:
    composed.book.wish(commands.OrderComposition("c2", "clip", 2_500, 7_900), actor(SECRETARY))
    made = await composed.made("c2")
    assert made.length_ms == 5_400
    with composed.open("video.mp4", "c2") as reader, av.open(reader, "r") as container:
        pictures = luma(container, LEFT)
    with composed.open("video.mp4", "c2") as reader, av.open(reader, "r") as container:
        heard = beeping(sound(container))
    assert [at for at, _ in pictures] == list(range(0, 5_400, 40))
    seconds = [500, 1_500, 2_500, 3_500, 4_500]
    flashes, beeps = begins(pictures, 180), begins(heard, 0.06)
    assert len(flashes) == len(beeps) == len(seconds)
    for at, flash, beep in zip(seconds, flashes, beeps, strict=True):
        assert abs(flash - at) <= 40
        assert abs(beep - at) <= 40


async def test_everybody_is_equally_loud_and_the_whole_is_at_its_target(composed: Hall) -> None:
    with composed.open("audio.mp3") as reader, av.open(reader, "r") as container:
        samples = sound(container)
    with composed.open("audio.mp3") as reader, av.open(reader, "r") as container:
        resampler = av.AudioResampler(format="s16", layout="stereo", rate=48_000)
        whole = [made for frame in container.decode(audio=0) for made in resampler.resample(frame)]
    assert abs(measured(whole) - TARGET_LUFS) < 1.0
    quiet = samples[
        15 * 48_000 + 9_600 : 16 * 48_000 - 2_400
    ]  # Alice alone between two beeps, at a fiftieth of full scale
    assert abs(tone_hz(quiet) - 440) < 10
    assert np.sqrt(np.square(quiet).mean()) > 0.05


async def test_a_meeting_that_was_closed_is_composed_unasked(tmp_path: Path) -> None:
    book = Book()
    shop = Shop(tmp_path, Keys(), Space(tmp_path, 0, 0), Catalogues().words("en"), lambda: False)
    studio = book.studio = Studio(shop)
    studio.write_to(Meetings(book))
    await studio.start()
    record(book, tmp_path)
    await book.until(lambda: book.state.recording.whole is not None)
    assert [one.by for one in book.state.recording.compositions] == [""]
    await studio.close()


async def test_what_was_changed_on_the_disk_is_not_composed(hall: Hall) -> None:
    path = hall.folder / "rapat" / "r1" / "manifest.json"
    path.write_bytes(path.read_bytes().replace(b"p3", b"p1"))
    hall.order()
    await hall.book.until(lambda: hall.book.state.recording.composition("c1").status == "failed")
    assert hall.book.state.recording.composition("c1").reason == "broken"


async def test_a_full_disk_is_told(hall: Hall) -> None:
    hall.studio._shop.space._quota_bytes = 1
    hall.order()
    await hall.book.until(lambda: hall.book.state.recording.composition("c1").status == "failed")
    assert hall.book.state.recording.composition("c1").reason == "disk"


async def test_any_range_is_read_without_the_rest(composed: Hall) -> None:
    made = await composed.made()
    with composed.open("video.webm") as reader:
        whole = reader.read()
    async with composed.library.open(composed.book.state, "c1", "video.webm") as file:
        assert file.size == len(whole) == made.file("video.webm").bytes
        for start, end in ((0, 1), (0, file.size), (file.size - 5, file.size), (262_000, 262_300), (7, 7)):
            assert b"".join([block async for block in file.read(start, min(end, file.size))]) == whole[start:end]
    speakers = await composed.library.speakers(composed.book.state)
    assert {one.person_id for one in speakers} >= {ALICE}
    assert any(abs(one.from_ms - 12_000) <= 200 and abs(one.until_ms - 20_000) <= 300 for one in speakers)

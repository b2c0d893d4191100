"""A meeting's recording made watchable by real processes: what was taken is found again in the decoded outcome."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

import av
import numpy as np
import pytest

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


@pytest.fixture
async def hall(tmp_path: Path) -> AsyncIterator[Hall]:
    book = Book()
    record(book, tmp_path)
    halls: list[Hall] = []
    space = Space(tmp_path, 0, 0)
    words = Catalogues().words("id")
    shop = Shop(tmp_path, Keys(), space, words, lambda: halls[0].somebody_meets)
    studio = Studio(shop, after_meetings=False)
    studio.write_to(Meetings(book))
    halls.append(Hall(book, studio, Library(tmp_path, Keys(), studio.job), tmp_path))
    book.studio = studio
    await studio.start()
    yield halls[0]
    await studio.close()


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
async def test_what_was_taken_is_found_again_at_its_second(hall: Hall, name: str) -> None:
    hall.order()
    made = await hall.made()
    assert [(one.card, one.length_ms) for one in made.parts] == [("", 23_960), ("paused", 3_000), ("", 5_960)]
    assert made.at(START_MS + 10_000) == 10_000
    assert made.at(START_MS + 40_000) == 23_960
    assert made.at(START_MS + 62_000) == 26_960 + 2_000
    with hall.open(name) as reader, av.open(reader, "r") as container:
        told = [
            (round(one["start"] * one["time_base"] * 1000), one["metadata"]["title"]) for one in container.chapters()
        ]
        assert told == [(0, "1. Pembukaan"), (10_000, "2. Anggaran")]
        assert [one.codec_context.name for one in container.streams if one.type in {"video", "audio"}] == CODECS[name]
        pictures = luma(container, LEFT)
        assert len(pictures) == made.length_ms // 40
    with hall.open(name) as reader, av.open(reader, "r") as container:
        heard = beeping(sound(container))
    flashes, beeps = begins(pictures, 180), begins(heard, 0.06)
    paused_ms = 24_000 - 23_960 + 36_000 - 3_000  # what the card is shorter than the pause
    whole = [*range(0, 24_000, 1_000), *(at - paused_ms for at in range(60_000, 66_000, 1_000))]
    assert len(flashes) == len(beeps) == len(whole)
    for at, flash, beep in zip(whole, flashes, beeps, strict=True):
        assert abs(flash - at) <= 40
        assert abs(beep - at) <= 40
        assert abs(flash - beep) <= 40

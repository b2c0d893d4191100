"""What second of the composed file a moment is, and the other way round."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from recordings.manifest import File, Manifest
from recordings.plan import Caption, chapters_of
from recordings.timeline import CARD_MS, FRAME_MS, Part, composed_ms, length_ms, parts_of, wall_of
from server.meeting import facts
from server.meeting.facts import AgendaItem, NumberedFact
from server.meeting.state import State
from web.i18n import Catalogues

BEGAN_MS = 1_795_485_600_000


def took(recording_id: str, *spans: tuple[int, int], began_ms: int = BEGAN_MS) -> Manifest:
    files = tuple(
        File(
            name=f"{place:04}-01.sealed", person_id="p1", source="microphone", mime_type="audio/opus",
            from_ms=begin, until_ms=end, frames=1, packets_lost=0, bytes=1,
        )
        for place, (begin, end) in enumerate(spans)
    )  # fmt: skip
    return Manifest(meeting_id="m", recording_id=recording_id, began_ms=began_ms, ended_ms=0, files=files)


def happened(*rows: tuple[int, facts.Fact]) -> list[NumberedFact]:
    return [NumberedFact(number, BEGAN_MS + at, fact) for number, (at, fact) in enumerate(rows, 1)]


START = facts.RecordingStarted("p1", "r1", "everything", "unrecorded")
PAUSE, RESUME = facts.RecordingPaused("p1", "r1"), facts.RecordingResumed("p1", "r1")
STOP = facts.RecordingStopped("p1", "r1", "ordered")


def test_a_pause_is_a_card_and_nothing_of_it_gets_in() -> None:
    record = happened((0, START), (10_000, PAUSE), (600_000, RESUME), (620_000, STOP))
    parts = parts_of(record, [took("r1", (1_000, 10_400), (600_200, 620_000))])
    assert [(one.card, one.at_ms, one.length_ms, one.from_ms) for one in parts] == [
        ("", 0, 9_000, 1_000),
        ("paused", 9_000, CARD_MS, 0),
        ("", 9_000 + CARD_MS, 19_800, 600_200),
    ]


def test_a_recording_that_was_begun_anew_goes_on_in_the_same_file() -> None:
    second = facts.RecordingStarted("p1", "r2", "audio", "unrecorded")
    stop = facts.RecordingStopped("p1", "r2", "closed")
    record = happened((0, START), (5_000, STOP), (60_000, second), (70_000, stop))
    parts = parts_of(record, [took("r1", (0, 5_000)), took("r2", (40, 10_000), began_ms=BEGAN_MS + 60_000)])
    assert [(one.card, one.recording_id) for one in parts] == [("", "r1"), ("stopped", ""), ("", "r2")]
    assert composed_ms(parts, BEGAN_MS + 65_000) == 5_000 + CARD_MS + 4_960


def test_an_empty_room_is_a_card_and_a_recording_of_nothing_is_nothing() -> None:
    record = happened((0, START), (4_000_000, STOP))
    parts = parts_of(record, [took("r1", (0, 5_000), (3_600_000, 3_605_000))])
    assert [one.card for one in parts] == ["", "silent", ""]
    assert parts_of(record, [took("r1")]) == ()
    assert composed_ms((), BEGAN_MS) == wall_of((), 5) == length_ms(()) == 0


def test_stopped_while_paused_is_stopped() -> None:
    second = facts.RecordingStarted("p1", "r2", "audio", "unrecorded")
    stop = facts.RecordingStopped("p1", "r2", "closed")
    record = happened((0, START), (5_000, PAUSE), (6_000, STOP), (60_000, second), (70_000, stop))
    parts = parts_of(record, [took("r1", (0, 5_000)), took("r2", (0, 10_000), began_ms=BEGAN_MS + 60_000)])
    assert [one.card for one in parts] == ["", "stopped", ""]


@st.composite
def rows_of_parts(draw: st.DrawFn) -> tuple[Part, ...]:
    parts: list[Part] = []
    at, wall = 0, BEGAN_MS
    for number in range(draw(st.integers(1, 5))):
        if number:
            gap = draw(st.integers(0, 100_000))
            parts.append(Part(at_ms=at, length_ms=CARD_MS, wall_ms=wall, until_wall_ms=wall + gap, card="paused"))
            at, wall = at + CARD_MS, wall + gap
        length = draw(st.integers(1, 1_000)) * FRAME_MS
        parts.append(Part(at_ms=at, length_ms=length, wall_ms=wall, until_wall_ms=wall + length, recording_id="r1"))
        at, wall = at + length, wall + length
    return tuple(parts)


@given(rows_of_parts(), st.integers(-5_000, 600_000))
def test_every_recorded_moment_is_found_there_and_back(parts: tuple[Part, ...], after_ms: int) -> None:
    wall_ms = BEGAN_MS + after_ms
    at_ms = composed_ms(parts, wall_ms)
    assert 0 <= at_ms <= length_ms(parts)
    if any(not one.card and one.wall_ms <= wall_ms < one.until_wall_ms for one in parts):
        assert wall_of(parts, at_ms) == wall_ms


@given(rows_of_parts(), st.lists(st.integers(-5_000, 600_000), min_size=2).map(sorted))
def test_later_is_never_earlier(parts: tuple[Part, ...], moments: list[int]) -> None:
    placed = [composed_ms(parts, BEGAN_MS + one) for one in moments]
    assert placed == sorted(placed)


def test_chapters_are_the_agenda_as_it_was_taken_up() -> None:
    parts = parts_of(
        happened((0, START), (60_000, PAUSE), (120_000, RESUME), (180_000, STOP)),
        [took("r1", (0, 60_000), (120_000, 180_000))],
    )
    items = (AgendaItem("i1", "Laporan"), AgendaItem("i2", "Anggaran"), AgendaItem("i3", "Penutup"))
    opened = [(5_000, "i1"), (30_000, ""), (80_000, "i2"), (150_000, "i1"), (900_000, "i3")]
    told = chapters_of(
        parts, [(BEGAN_MS + at, item) for at, item in opened], State("m", items=items), Catalogues().words("id")
    )
    assert told == (
        Caption(0, "Pembukaan"),
        Caption(5_000, "1. Laporan"),
        Caption(30_000, "Di antara mata acara"),
        Caption(60_000, "2. Anggaran"),
        Caption(63_000 + 30_000, "1. Laporan"),
    )

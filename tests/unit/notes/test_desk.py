"""The desk of the shared notes on a fake clock: kept before acknowledged, adopted when it rests, nothing hostile in."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycrdt import Doc, XmlElement, XmlFragment, XmlText

from server.errors import Unavailable
from server.meeting import commands, facts
from server.meeting.commands import SERVER
from server.meeting.richtext import digest, from_plain
from server.notes import desk, shared
from server.notes.desk import COMPACT_ROWS
from server.notes.fragment import FRAGMENT
from server.notes.shared import UPDATE_BYTES
from tests.factories import noted
from tests.scenario.hall import MEETING, Hall, Participant, code_of
from tests.writer import Writer


@pytest.fixture(autouse=True)
def no_pause(monkeypatch: pytest.MonkeyPatch) -> None:
    """Between batches: the fake clock stands, so each would last its whole length."""
    monkeypatch.setattr(desk, "EVERY_MS", 0)


async def opened() -> Hall:
    hall = Hall()
    await hall.plans_a_meeting()
    for one in (hall.chair, hall.secretary, hall.alice):
        await one.joins()
    await hall.chair.opens_the_meeting()
    return hall


async def with_notes(who: Participant, *texts: str, item_id: str = "i1") -> Writer:
    writer = who.opens_notes(item_id)
    await writer.synchronises()
    for text in texts:
        writer.types(text)
        await writer.sends()
    return writer


def adopted(hall: Hall) -> list[tuple[str, int]]:
    return [(one.item_id, one.version) for one in hall.record if isinstance(one, facts.NotesAdopted)]


async def test_two_write_at_once_and_read_the_same() -> None:
    hall = await opened()
    chair, secretary = await with_notes(hall.chair), await with_notes(hall.secretary)
    chair.types("Dari pimpinan.")
    secretary.types("Dari notulis.")
    await asyncio.gather(chair.sends(), secretary.sends())
    for _, _, update in hall.readers.told:
        chair.hears(update)
        secretary.hears(update)
    assert chair.blocks == secretary.blocks
    assert {"Dari pimpinan.", "Dari notulis."} == set(chair.text.splitlines())
    assert hall.shelf.commits == 1  # what comes together is kept together


async def test_what_was_acknowledged_survives_a_kill_and_what_was_not_is_sent_again_once() -> None:
    hall = await opened()
    writer = await with_notes(hall.secretary, "Sudah diakui.")
    writer.types("Belum diakui.")
    await hall.is_killed()
    assert await code_of(writer.sends()) == "store.closed"
    await hall.comes_back()
    again = Writer(hall.notes, MEETING, hall.secretary.actor, "i1")
    await again.synchronises()
    assert again.text == "Sudah diakui."
    writer._desk = hall.notes
    await writer.synchronises()
    await writer.synchronises()
    await again.synchronises()
    assert again.text.splitlines() == ["Sudah diakui.", "Belum diakui."]


async def test_only_leaders_write_and_everybody_of_the_meeting_reads() -> None:
    hall = await opened()
    await with_notes(hall.secretary, "Pembukaan.")
    reader = await with_notes(hall.alice)
    assert reader.text == "Pembukaan."
    reader.types("Saya juga.")
    assert await code_of(reader.sends()) == "meeting.not_allowed"
    assert await code_of(hall.alice.opens_notes("i9").synchronises()) == "meeting.no_item"
    stranger = Writer(hall.notes, MEETING, commands.Actor("p99"), "i1")
    assert await code_of(stranger.synchronises()) == "meeting.not_allowed"
    assert (await hall.notes.open(MEETING, hall.chair.actor, "i1", b"")).writable
    assert not (await hall.notes.open(MEETING, hall.alice.actor, "i1", b"")).writable


async def test_notes_are_adopted_when_the_item_is_left_and_when_the_meeting_closes() -> None:
    hall = await opened()
    await hall.chair.takes_up("i1")
    writer = await with_notes(hall.secretary, "Satu.")
    await hall.chair.takes_up("i2")
    assert adopted(hall) == [("i1", 1)]
    assert isinstance(hall.record[-1], facts.ItemOpened)  # the text stands before what ends it
    writer.types("Dua.")
    await writer.sends()
    await hall.chair.closes_the_meeting()
    assert adopted(hall) == [("i1", 1), ("i1", 2)]
    notes = (await hall.state()).notes["i1"]
    assert notes.blocks == from_plain("Satu.\nDua.")
    assert notes.digest == digest(notes.text)


async def test_what_is_read_out_of_the_record_holds_the_last_acknowledged_word() -> None:
    hall = await opened()
    writer = await with_notes(hall.secretary, "Satu.")
    writer.types("Belum dikirim.")
    await hall.rooms.settle(MEETING)
    assert adopted(hall) == [("i1", 1)]
    assert (await hall.state()).notes["i1"].blocks == from_plain("Satu.")
    await hall.rooms.settle(MEETING)  # nothing new
    assert adopted(hall) == [("i1", 1)]
    await writer.sends()
    await hall.is_killed()
    await hall.comes_back()
    await hall.rooms.settle(MEETING)  # of what this process never had in memory
    assert (await hall.state()).notes["i1"].blocks == from_plain("Satu.\nBelum dikirim.")


async def test_what_could_not_be_adopted_is_tried_again() -> None:
    hall = await opened()
    await with_notes(hall.secretary, "Satu.")
    hall.journal.failing = Unavailable("store.unavailable")
    assert await code_of(hall.rooms.settle(MEETING)) == "store.unavailable"
    await hall.passes(seconds=11)
    assert not adopted(hall)
    hall.journal.failing = None
    await hall.passes(seconds=1)
    assert adopted(hall) == [("i1", 1)]


async def test_an_approved_text_is_not_touched_by_who_reads_it() -> None:
    hall = await opened()
    await with_notes(hall.secretary, "Satu.")
    await hall.chair.closes_the_meeting()
    state = await hall.state()
    await hall.secretary.wants(commands.SubmitMinutes((hall.chair.person_id,)))
    await hall.chair.wants(commands.ReviewMinutes(True, state.minutes.version))
    await hall.secretary.wants(commands.OpenComments(hall.clock.now_ms() + 60_000))
    await hall.passes(minutes=2)
    await hall.chair.wants(commands.ApproveMinutes("ab" * 32, (await hall.state()).minutes.version))
    before = list(hall.record)
    await hall.rooms.settle(MEETING)
    assert hall.record == before


async def test_notes_are_adopted_when_they_rest_and_only_once() -> None:
    hall = await opened()
    await with_notes(hall.secretary, "Satu.")
    await hall.passes(seconds=9)
    assert not adopted(hall)
    await hall.passes(seconds=2)
    await hall.passes(minutes=5)
    assert adopted(hall) == [("i1", 1)]


async def test_a_kill_before_the_rest_loses_no_adoption() -> None:
    hall = await opened()
    await with_notes(hall.secretary, "Satu.")
    await hall.is_killed()
    await hall.comes_back()
    await hall.chair.opens_notes("i1").synchronises()
    await hall.chair.takes_up("i2")
    assert adopted(hall) == [("i1", 1)]


async def test_after_approval_nothing_is_written_any_more() -> None:
    hall = await opened()
    for one in (hall.chair, hall.secretary):
        await hall.submit(SERVER, commands.ConfirmPresence(one.session_id, "act"))
    writer = await with_notes(hall.secretary, "Satu.")
    await hall.chair.closes_the_meeting()
    chair, secretary = hall.chair.actor, hall.secretary.actor
    await hall.submit(secretary, commands.SubmitMinutes((hall.chair.person_id,)))
    version = (await hall.state()).minutes.version
    writer.types("Sesudah dibaca.")
    await writer.sends()
    review = commands.ReviewMinutes(True, version)
    assert await code_of(hall.submit(chair, review)) == "minutes.changed"  # nobody approves what they have not read
    assert adopted(hall)[-1] == ("i1", 2)
    await hall.submit(chair, commands.ReviewMinutes(True, version + 1))
    await hall.submit(secretary, commands.OpenComments(hall.clock.now_ms() + 60_000))
    await hall.passes(minutes=2)
    await hall.submit(chair, commands.ApproveMinutes("ab" * 32, version + 1))
    writer.types("Sesudah disahkan.")
    assert await code_of(writer.sends()) == "minutes.is_approved"
    await hall.passes(minutes=2)
    assert adopted(hall)[-1] == ("i1", 2)


async def test_what_stood_there_before_notes_were_shared_is_opened_as_paragraphs() -> None:
    hall = await opened()
    await hall.submit(SERVER, noted("i2", "Lama sekali.\nMasih berlaku."))
    writer = await with_notes(hall.secretary, item_id="i2")
    assert writer.text == "Lama sekali.\nMasih berlaku."
    again = await with_notes(hall.chair, item_id="i2")
    assert again.blocks == writer.blocks
    await hall.chair.takes_up("i1")
    assert adopted(hall) == [("i2", 1)]  # nobody changed it since


async def test_a_full_disk_is_told_and_the_text_is_what_was_kept() -> None:
    hall = await opened()
    writer = await with_notes(hall.secretary, "Satu.")
    hall.shelf.failing = Unavailable("store.unavailable")
    writer.types("Dua.")
    assert await code_of(writer.sends()) == "store.unavailable"
    hall.shelf.failing = None
    assert (await with_notes(hall.chair)).text == "Satu."
    await writer.sends()
    assert (await with_notes(hall.chair)).text == "Satu.\nDua."


async def test_resting_text_is_one_row() -> None:
    hall = await opened()
    await with_notes(hall.secretary, *(f"Baris {number}." for number in range(COMPACT_ROWS)))
    await hall.passes(seconds=11)
    assert len(hall.kept[MEETING]["i1"]) == 1
    await with_notes(hall.secretary, "Lagi.")
    await hall.is_killed()
    await hall.comes_back()
    assert len((await with_notes(hall.chair)).text.splitlines()) == COMPACT_ROWS + 1


# ------------------------------------------------------------ hostile updates


def crafted(*tags: str, text: str = "", depth: int = 1) -> bytes:
    doc: Doc[XmlFragment] = Doc()
    root = doc.get(FRAGMENT, type=XmlFragment)
    with doc.transaction():
        for tag in tags:
            parent: XmlFragment | XmlElement = root
            for _ in range(depth):
                child = XmlElement(tag)
                parent.children.append(child)
                parent = child
            parent.children.append(XmlText(text))
    return doc.get_update()


@pytest.mark.parametrize(
    ("update", "code"),
    [
        (b"\x00", "notes.invalid"),
        (b"bukan pembaruan", "notes.invalid"),
        (crafted("script", text="alert(1)"), "notes.invalid"),
        (crafted("paragraph", "iframe"), "notes.invalid"),
        (crafted("list_item", depth=500), "notes.invalid"),
        (crafted("paragraph", text="x" * UPDATE_BYTES), "notes.too_long"),
        (crafted(*["paragraph"] * 7_000), "notes.too_long"),
    ],
    ids=["empty", "noise", "script", "iframe", "deep", "long", "many"],
)
async def test_a_hostile_update_is_refused_and_harms_nobody(update: bytes, code: str) -> None:
    hall = await opened()
    writer = await with_notes(hall.secretary, "Baik.")
    hostile = hall.chair.opens_notes("i1")
    await hostile.synchronises()
    hostile.waiting = [update]
    writer.types("Juga baik.")
    refused, _ = await asyncio.gather(code_of(hostile.sends()), writer.sends())
    assert refused == code
    assert (await with_notes(hall.alice)).text.splitlines() == ["Baik.", "Juga baik."]


async def test_an_update_that_builds_on_nothing_is_asked_to_synchronise() -> None:
    hall = await opened()
    writer = await with_notes(hall.secretary)
    writer.types("Satu.")
    writer.waiting.clear()  # never sent
    writer.types("Dua.")
    assert await code_of(writer.sends()) == "notes.behind"
    await writer.synchronises()
    assert (await with_notes(hall.chair)).text == "Satu.\nDua."


async def test_a_text_does_not_grow_without_end() -> None:
    hall = await opened()
    writer = await with_notes(hall.secretary)
    codes = []
    for _ in range(4):
        writer.types("y" * 60_000)
        codes.append(await code_of(writer.sends()))
    assert codes == ["", "", "", "notes.too_long"]
    await hall.chair.closes_the_meeting()
    assert len((await hall.state()).notes["i1"].text) > 180_000


async def test_what_is_deleted_counts_until_it_is_compacted_and_then_no_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared, "DOCUMENT_BYTES", 200_000)
    hall = await opened()
    writer = await with_notes(hall.secretary)
    for _ in range(6):
        writer.types("z" * 60_000)
        writer.erases(0)
        assert await code_of(writer.sends()) == ""


# ------------------------------------------------------------ any interleaving

_steps = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(("type", "erase", "send", "drop", "sync")), st.integers(0, 5)),
    max_size=24,
)


@settings(max_examples=25, deadline=None)
@given(_steps)
def test_however_lines_drop_all_end_with_the_same_text_and_nothing_twice(course: list[tuple[int, str, int]]) -> None:
    async def play() -> None:
        hall = await opened()
        writers = [await with_notes(one) for one in (hall.chair, hall.secretary, hall.secretary)]
        typed: list[str] = []
        told = 0
        online = [True] * len(writers)
        for who, what, place in course:
            one = writers[who]
            if what == "type":
                typed.append(f"kalimat {len(typed)}")
                one.types(typed[-1], place)
            elif what == "erase":
                one.erases(place)
            elif what == "drop":
                online[who] = False
            elif what == "sync" or (what == "send" and not online[who]):
                online[who] = True
                await one.synchronises()
            else:
                await one.sends()
            for _, _, update in hall.readers.told[told:]:
                for other, there in zip(writers, online, strict=True):
                    if there:
                        other.hears(update)
            told = len(hall.readers.told)
        for one in (*writers, *writers):
            await one.synchronises()
        assert len({one.blocks for one in writers}) == 1
        lines = writers[0].text.splitlines()
        assert len(lines) == len(set(lines))
        assert set(lines) <= set(typed)
        await hall.chair.takes_up("i2")
        notes = (await hall.state()).notes.get("i1")
        assert (notes.blocks if notes else ()) == writers[0].blocks  # the server's fold is the browsers'

    asyncio.run(play())

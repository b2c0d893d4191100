"""What every Journal promises. Subclass it with a `world` fixture: the fake and each real adapter run the same tests.

class TestSqliteJournal(JournalContract):
    @pytest.fixture
    async def world(self): ...  # a JournalWorld
"""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Any, Literal, Protocol, get_args, get_origin, get_type_hints

import pytest

from server.errors import Conflict, NotFound
from server.meeting import facts, richtext
from server.meeting.facts import KINDS, AgendaItem, Fact, SecretBallot
from server.meeting.ports import Journal

T0_MS = 1_767_232_800_000


class JournalWorld(Protocol):
    """A store, and processes that come and go."""

    async def process(self) -> Journal:
        """Another live process on the same store."""
        ...

    async def kill(self, journal: Journal) -> None:
        """That process dies as by SIGKILL; returns once others may notice."""
        ...


TUPLES: dict[str, tuple[Any, ...]] = {
    "items": (AgendaItem("i1", "Pembukaan – «ü»", 10), AgendaItem("i2", "Lain-lain")),
    "ballots": (SecretBallot("0123456789ABCDEF", "abstain", "ab", "cd"),),
    "times": (("p1", 700), ("p2", 7)),
    "votes": (("p1", "yes"), ("p2", "no")),
}
NOTES = richtext.canonical(richtext.from_plain("Catatan – «ü» \U0001f3db"))


def one_of_each() -> list[Fact]:
    """A fact of every kind with every field filled: nothing may be lost on the way."""
    made = [
        kind(**{one.name: _filled(kind, one.name, str(one.type)) for one in fields(kind)}) for kind in KINDS.values()
    ]
    return [replace(one, text=NOTES) if isinstance(one, facts.NotesAdopted) else one for one in made]


def _filled(kind: type[Fact], name: str, of_type: str) -> Any:
    """Of a few words one of them, whatever the field is called."""
    hint = get_type_hints(kind)[name]
    if hint == tuple[int, ...]:
        return (3, 1)
    return get_args(hint)[-1] if get_origin(hint) is Literal else _value(name, of_type)


def _value(name: str, of_type: str) -> Any:
    fixed = {
        "role": "guest",
        "reason": "lost",
        "evidence": "act",
        "method": "vote",
        "on": True,
        "zone": "Asia/Makassar",
        "quorum": "two_thirds",
        "place": "room",
        "ballot": "secret",
        "share": "three_quarters",
        "of": "members",
        "tie": "chair",
        "choice": "abstain",
        "outcome": "void",
        "manner": "scan",
        "answer": "stand_in",
        "way": "link",
        "nature": "urgent",
        "scope": "audio_screen",
        "refusal": "leave",
        "recording_end": "disk",
    }
    if of_type == "int":
        return 7
    if of_type == "bool":
        return True
    if of_type.startswith("tuple"):
        return TUPLES.get(name, ("p1", "p2"))
    if of_type == "RecordingEnd":
        name = "recording_end"
    return fixed.get(name, f"{name} – «ü» \U0001f3db")


class JournalContract:
    async def test_facts_are_numbered_from_one_without_gaps(self, world: JournalWorld) -> None:
        journal = await world.process()
        assert await journal.take_lease("m1") is None
        first = await journal.append("m1", 0, T0_MS, [facts.MeetingOpened("p1"), facts.RoomLocked("p1")])
        second = await journal.append("m1", 2, T0_MS + 5, [facts.RoomUnlocked("p2")])
        assert [one.number for one in (*first, *second)] == [1, 2, 3]
        assert [one.at_ms for one in (*first, *second)] == [T0_MS, T0_MS, T0_MS + 5]
        assert await journal.read("m1") == (*first, *second)

    async def test_every_kind_of_fact_comes_back_as_it_was(self, world: JournalWorld) -> None:
        journal = await world.process()
        await journal.take_lease("m1")
        kept = one_of_each()
        written = await journal.append("m1", 0, T0_MS, kept)
        again = await (await world.process()).read("m1")
        assert [one.fact for one in again] == kept
        assert again == written
        assert {type(one) for one in kept} == set(KINDS.values())

    async def test_reading_after_a_number_gives_only_what_followed(self, world: JournalWorld) -> None:
        journal = await world.process()
        await journal.take_lease("m1")
        written = await journal.append("m1", 0, T0_MS, [facts.RoomLocked("p1")] * 3)
        assert await journal.read("m1", 2) == written[2:]
        assert await journal.read("m1", 3) == ()

    async def test_each_fact_is_chained_to_the_one_before(self, world: JournalWorld) -> None:
        journal = await world.process()
        await journal.take_lease("m1")
        written = await journal.append("m1", 0, T0_MS, [facts.RoomLocked("p1")] * 3)
        assert len({one.hash for one in written}) == 3
        assert all(len(one.hash) == 64 for one in written)

    async def test_meetings_do_not_mix(self, world: JournalWorld) -> None:
        journal = await world.process()
        for meeting_id in ("m1", "m2"):
            await journal.take_lease(meeting_id)
            await journal.append(meeting_id, 0, T0_MS, [facts.MeetingOpened(meeting_id)])
        assert [one.fact for one in await journal.read("m2")] == [facts.MeetingOpened("m2")]

    async def test_an_unknown_meeting_is_not_found(self, world: JournalWorld) -> None:
        with pytest.raises(NotFound):
            await (await world.process()).read("nowhere")

    async def test_a_number_that_has_moved_writes_nothing(self, world: JournalWorld) -> None:
        journal = await world.process()
        await journal.take_lease("m1")
        await journal.append("m1", 0, T0_MS, [facts.MeetingOpened("p1")])
        for after in (0, 2):
            with pytest.raises(Conflict) as caught:
                await journal.append("m1", after, T0_MS, [facts.RoomLocked("p1")])
            assert caught.value.code == "journal.moved"
        assert len(await journal.read("m1")) == 1

    async def test_who_has_no_lease_writes_nothing(self, world: JournalWorld) -> None:
        holder, other = await world.process(), await world.process()
        await holder.take_lease("m1")
        await holder.append("m1", 0, T0_MS, [facts.MeetingOpened("p1")])
        with pytest.raises(Conflict) as caught:
            await other.append("m1", 1, T0_MS, [facts.RoomLocked("p1")])
        assert caught.value.code == "journal.moved"
        assert len(await other.read("m1")) == 1

    async def test_one_live_process_holds_a_meeting(self, world: JournalWorld) -> None:
        holder, other = await world.process(), await world.process()
        await holder.take_lease("m1")
        with pytest.raises(Conflict) as caught:
            await other.take_lease("m1")
        assert caught.value.code == "journal.leased"
        assert await holder.take_lease("m1") is None  # taking again what one has is nothing
        await other.take_lease("m2")

    async def test_a_lease_given_back_tells_of_no_interruption(self, world: JournalWorld) -> None:
        holder, other = await world.process(), await world.process()
        await holder.take_lease("m1")
        await holder.append("m1", 0, T0_MS, [facts.MeetingOpened("p1")])
        await holder.give_lease("m1")
        await holder.give_lease("m1")  # what one does not have one may give back
        assert await other.take_lease("m1") is None
        with pytest.raises(Conflict):
            await holder.append("m1", 1, T0_MS, [facts.RoomLocked("p1")])

    async def test_after_a_kill_the_next_learns_when_the_writer_was_alive(self, world: JournalWorld) -> None:
        holder, other = await world.process(), await world.process()
        await holder.take_lease("m1")
        await holder.append("m1", 0, T0_MS, [facts.MeetingOpened("p1")])
        await world.kill(holder)
        alive_ms = await other.take_lease("m1")
        assert alive_ms is not None
        written = await other.append("m1", 1, alive_ms + 10, [facts.RoomLocked("p1")])
        assert written[0].number == 2

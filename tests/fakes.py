"""Short stand-ins for the ports of server/meeting: in memory, deterministic, with the promises of the real adapters.

No assertion and no sleeping lives here; contract tests run against these and the adapters alike.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from server.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from server.meeting import ballots
from server.meeting.facts import Fact, LetterNumbered, NumberedFact, SecretBallot
from server.meeting.numbering import Register
from server.meeting.ports import (
    Consumer,
    Direction,
    Hint,
    Kind,
    MediaTicket,
    Ortc,
    Producer,
    Source,
    TransportOffer,
    View,
)
from server.notes.ports import Kept, Written
from server.store import blind

NINE_O_CLOCK_MS = 1_767_232_800_000  # 2026-01-01 09:00 in Jakarta


class FakeClock:
    """Both clocks at once; moves only when told."""

    def __init__(self, now_ms: int = NINE_O_CLOCK_MS) -> None:
        self.wall_ms = now_ms
        self.elapsed_ms = 5_000

    def now_ms(self) -> int:
        return self.wall_ms

    def monotonic_ms(self) -> int:
        return self.elapsed_ms

    def advance(self, ms: int) -> None:
        self.wall_ms += ms
        self.elapsed_ms += ms


@dataclass(slots=True)
class MemoryStore:
    """What survives a process: the facts, and who holds which lease."""

    facts: dict[str, list[NumberedFact]] = field(default_factory=dict)
    holders: dict[str, MemoryJournal] = field(default_factory=dict)
    counters: dict[tuple[str, str], int] = field(default_factory=dict)  # by register and year

    def numbered(self, fact: Fact) -> Fact:
        """A letter's number, as every register of this store would give it."""
        if not isinstance(fact, LetterNumbered) or fact.counter:
            return fact
        key = (fact.register_id, fact.dated[:4])
        self.counters[key] = self.counters.get(key, 0) + 1
        register = Register(fact.register_id, "Umum", "{kode}/{no:03}/{tahun}")
        number = register.number(self.counters[key], date.fromisoformat(fact.dated), fact.code)
        return replace(fact, counter=self.counters[key], number=number)


class MemoryJournal:
    """One process's journal on a store that several may share. `failing` makes appends raise it."""

    def __init__(self, store: MemoryStore, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock
        self.died_ms: int | None = None
        self.failing: Exception | None = None
        self.appends = 0

    def kill(self) -> None:
        """As by SIGKILL: leases stay behind."""
        self.died_ms = self.clock.now_ms()

    async def append(self, meeting_id: str, after: int, at_ms: int, facts: Sequence[Fact]) -> tuple[NumberedFact, ...]:
        if self.failing is not None:
            raise self.failing
        rows = self.store.facts.get(meeting_id, [])
        if self.store.holders.get(meeting_id) is not self or after != len(rows):
            raise Conflict("journal.moved")
        self.appends += 1
        previous = rows[-1].hash if rows else ""
        written: list[NumberedFact] = []
        for number, given in enumerate(facts, after + 1):
            fact = self.store.numbered(given)
            previous = hashlib.sha256(f"{previous}{number}{at_ms}{fact!r}".encode()).hexdigest()
            written.append(NumberedFact(number, at_ms, fact, previous))
        self.store.facts.setdefault(meeting_id, []).extend(written)
        return tuple(written)

    async def read(self, meeting_id: str, after: int = 0) -> tuple[NumberedFact, ...]:
        if meeting_id not in self.store.facts:
            raise NotFound("meeting.unknown")
        return tuple(self.store.facts[meeting_id][after:])

    async def take_lease(self, meeting_id: str) -> int | None:
        holder = self.store.holders.get(meeting_id)
        if holder is not None and holder is not self and holder.died_ms is None:
            raise Conflict("journal.leased")
        self.store.holders[meeting_id] = self
        return holder.died_ms if holder is not None and holder is not self else None

    async def give_lease(self, meeting_id: str) -> None:
        if self.store.holders.get(meeting_id) is self:
            del self.store.holders[meeting_id]


class MemoryShelf:
    """Implements server.notes.ports.Shelf on a store that several may share. `failing` makes writing raise it."""

    def __init__(self, rows: dict[str, dict[str, list[tuple[int, bytes]]]] | None = None) -> None:
        self.rows = rows if rows is not None else {}  # meeting_id -> item_id -> (number, update)
        self.failing: Exception | None = None
        self.commits = 0

    async def read(self, meeting_id: str) -> Mapping[str, Kept]:
        items = self.rows.get(meeting_id, {})
        return {key: Kept(tuple(update for _, update in rows), rows[-1][0]) for key, rows in items.items()}

    async def add(self, meeting_id: str, at_ms: int, rows: Sequence[Written]) -> None:
        if self.failing is not None:
            raise self.failing
        self.commits += 1
        for one in rows:
            kept = self.rows.setdefault(meeting_id, {}).setdefault(one.item_id, [])
            kept.append((kept[-1][0] + 1 if kept else 1, one.update))

    async def compact(self, meeting_id: str, at_ms: int, item_id: str, last: int, whole: bytes) -> None:
        kept = self.rows[meeting_id][item_id]
        self.rows[meeting_id][item_id] = [(last, whole), *(row for row in kept if row[0] > last)]


class NoReaders:
    """Implements server.notes.ports.Readers: remembers what was told, item by item."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str, bytes]] = []

    def written(self, meeting_id: str, item_id: str, update: bytes, writers: frozenset[str]) -> None:
        self.told.append((meeting_id, item_id, update))


PRIVATE_KEY, PUBLIC_KEY = blind.new_key()  # one for all boxes here: making one takes longer than most tests


class MemoryBoxes:
    """Boxes of secret ballots; what survives a process is in `boxes`. `away` makes every verb raise Unavailable."""

    def __init__(self) -> None:
        self.boxes: dict[tuple[str, str], dict[str, SecretBallot]] = {}
        self.closed: set[tuple[str, str]] = set()
        self.away = False

    def _there(self) -> None:
        if self.away:
            raise Unavailable("store.unavailable")

    async def make(self, meeting_id: str, motion_id: str) -> str:
        self._there()
        self.boxes.setdefault((meeting_id, motion_id), {})
        return PUBLIC_KEY.hex()

    async def sign(self, meeting_id: str, motion_id: str, blinded: bytes) -> bytes:
        self._open(meeting_id, motion_id)
        return blind.blind_sign(PRIVATE_KEY, blinded)

    async def put(self, meeting_id: str, motion_id: str, key: str, ballot: SecretBallot) -> int:
        self._there()
        box = self.boxes.get((meeting_id, motion_id), {})
        if not blind.holds(key, ballots.signed(meeting_id, motion_id, ballot), ballot.signature):
            raise Invalid("vote.ballot")
        known = box.get(ballot.receipt)
        if known is not None and known != ballot:
            raise Invalid("vote.ballot")
        if known is None:
            self._open(meeting_id, motion_id)[ballot.receipt] = ballot
        return len(box)

    async def count(self, meeting_id: str, motion_id: str) -> int:
        self._there()
        return len(self.boxes.get((meeting_id, motion_id), {}))

    async def close(self, meeting_id: str, motion_id: str) -> tuple[SecretBallot, ...]:
        self._there()
        self.closed.add((meeting_id, motion_id))
        return ballots.in_order(self.boxes.get((meeting_id, motion_id), {}).values())

    async def drop(self, meeting_id: str, motion_id: str) -> None:
        self._there()
        self.boxes.pop((meeting_id, motion_id), None)

    def _open(self, meeting_id: str, motion_id: str) -> dict[str, SecretBallot]:
        self._there()
        box = self.boxes.get((meeting_id, motion_id))
        if box is None or (meeting_id, motion_id) in self.closed:
            raise Refused("vote.closed")
        return box


class FakeMediaPlane:
    """Streams without packets. `down` makes every verb raise Unavailable; `dismissed` remembers, in order."""

    def __init__(self) -> None:
        self.down = False
        self.streams: dict[str, Producer] = {}
        self.seated: dict[str, str] = {}  # session_id -> meeting_id
        self.dismissed: list[str] = []
        self.flowing: dict[str, int] = {}  # session_id -> since when
        self._epochs = 1

    @property
    def epoch(self) -> str | None:
        return None if self.down else f"epoch-{self._epochs}"

    def epoch_of(self, meeting_id: str) -> str | None:
        return self.epoch if self.sessions(meeting_id) else None

    def sessions(self, meeting_id: str) -> Mapping[str, int | None]:
        return {one: self.flowing.get(one) for one, where in self.seated.items() if where == meeting_id}

    def meetings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.seated.values()))

    def die(self) -> None:
        self.down = True
        self.streams.clear()
        self.seated.clear()

    def revive(self) -> str:
        self.down = False
        self._epochs += 1
        return f"epoch-{self._epochs}"

    def _up(self) -> None:
        if self.down:
            raise Unavailable("media.down")

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        self._up()
        self.streams = {key: one for key, one in self.streams.items() if one.session_id != session_id}
        self.seated[session_id] = meeting_id
        offers = [TransportOffer(f"{session_id}-{way}", {}, (), {}) for way in ("send", "receive")]
        return MediaTicket(f"epoch-{self._epochs}", {}, offers[0], offers[1])

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None:
        self._up()

    async def restart_ice(self, session_id: str, direction: Direction) -> Ortc:
        self._up()
        return {}

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer:
        self._up()
        if session_id not in self.seated:
            raise NotFound("media.session")
        producer = Producer(f"{session_id}-{source}", session_id, source, kind)
        self.streams[producer.producer_id] = producer
        return producer

    async def set_paused(self, producer_id: str, paused: bool) -> None:
        self.streams[producer_id] = replace(self._stream(producer_id), paused=paused)

    async def unproduce(self, producer_id: str) -> None:
        self._stream(producer_id)
        del self.streams[producer_id]

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer:
        producer = self._stream(producer_id)
        return Consumer(f"{session_id}-of-{producer_id}", producer_id, producer.kind, {}, producer.paused)

    async def unconsume(self, session_id: str, consumer_id: str) -> None:
        self._up()

    async def view(self, session_id: str, views: Sequence[View]) -> None:
        self._up()

    async def tell_again(self, session_id: str) -> None:
        self._up()
        if session_id not in self.seated:
            raise NotFound("media.session")

    async def dismiss(self, session_id: str) -> None:
        self._up()
        self.dismissed.append(session_id)
        self.seated.pop(session_id, None)
        self.streams = {key: one for key, one in self.streams.items() if one.session_id != session_id}

    def producers(self, meeting_id: str) -> tuple[Producer, ...]:
        return tuple(one for one in self.streams.values() if self.seated.get(one.session_id) == meeting_id)

    def _stream(self, producer_id: str) -> Producer:
        self._up()
        if producer_id not in self.streams:
            raise NotFound("media.producer")
        return self.streams[producer_id]


class RecordingAudience:
    """Remembers what was told, per meeting and in order."""

    def __init__(self) -> None:
        self.told: dict[str, list[NumberedFact]] = {}
        self.hints: list[tuple[str, Hint, str | None]] = []
        self.goodbyes: list[tuple[str, str]] = []  # session_id, code

    def facts(self, meeting_id: str, facts: Sequence[NumberedFact]) -> None:
        self.told.setdefault(meeting_id, []).extend(facts)

    def hint(self, meeting_id: str, hint: Hint, session_id: str | None = None) -> None:
        self.hints.append((meeting_id, hint, session_id))

    def dismissed(self, meeting_id: str, session_id: str, code: str) -> None:
        self.goodbyes.append((session_id, code))

    def last_hint(self, kind: str) -> Mapping[str, object] | None:
        return next((hint.values for _, hint, _ in reversed(self.hints) if hint.kind == kind), None)

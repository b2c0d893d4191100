"""A house with one meeting: the real law (rules, state, views) without mailbox or journal, and fakes around it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from server.errors import NotFound, Unauthenticated, Unavailable, Value
from server.identity.ports import Admission
from server.meeting import commands, entering, facts, rules, state, views
from server.meeting.commands import Actor, Command, Invitee
from server.meeting.facts import AgendaItem, NumberedFact, Role
from server.meeting.ports import (
    Audience,
    Consumer,
    Direction,
    Kind,
    MediaTicket,
    Ortc,
    Producer,
    Source,
    TransportOffer,
    View,
)
from tests.fakes import FakeClock

MEETING = "m1"
START_MS = 1_767_229_200_000
OFFICE = Actor(account_id="office", office_role="administrator")
PLAN = commands.PlanMeeting(
    "Rapat Koordinasi Stunting",
    START_MS,
    START_MS + 7_200_000,
    "Asia/Jakarta",
    (AgendaItem("i1", "Pembukaan", 10), AgendaItem("i2", "Laporan", 30)),
    (
        Invitee("Sri Wahyuni", "chair", nip="197001011990032001", email="sri@contoh.go.id"),
        Invitee("Budi Santoso", "secretary"),
        Invitee("Ani Lestari", "participant", function="Kepala Bidang", office="Dinas Kesehatan"),
        Invitee("Dewi Putri", "observer"),
    ),
)
CHAIR, SECRETARY, PARTICIPANT, OBSERVER = "p1", "p2", "p3", "p4"


class House:
    """Implements signaling.ports.Meetings for one planned meeting."""

    def __init__(self, audience: Audience, clock: FakeClock) -> None:
        self.audience = audience
        self.clock = clock
        self.facts: list[NumberedFact] = []
        self.state = state.State(MEETING)
        self.lost: list[str] = []
        self.noticed = asyncio.Event()  # that a line dropped
        self.apply(PLAN, OFFICE)

    def apply(self, command: Command, actor: Actor) -> int:
        decided = rules.decide(self.state, command, actor, self.clock.now_ms())
        new = []
        for fact in decided:
            new.append(NumberedFact(self.state.number + 1, self.clock.now_ms(), fact))
            self.state = state.apply(self.state, new[-1])
        self.facts += new
        self.audience.facts(MEETING, new)
        for fact in decided:
            if isinstance(fact, facts.Left) and fact.reason in ("removed", "replaced", "closed"):
                self.audience.dismissed(MEETING, fact.session_id, fact.reason)
        return self.state.number

    def by(self, person_id: str, command: Command) -> int:
        session = self.state.session_of(person_id)
        return self.apply(command, Actor(person_id, session.session_id if session else ""))

    def plans(self, *invitees: Invitee) -> None:
        self.apply(replace(PLAN, invitees=invitees), OFFICE)

    def grace_ends(self) -> None:
        """For everybody whose connection is lost."""
        for session_id in self.lost:
            self.apply(commands.Leave(session_id, "lost"), commands.SERVER)
        self.lost.clear()

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int:
        await self.ready(meeting_id)
        return self.apply(command, actor)

    async def paper(
        self, meeting_id: str, actor: Actor, wish: commands.TakeBallot, blinded: bytes
    ) -> tuple[int, bytes]:
        return await self.submit(meeting_id, actor, replace(wish, paper=blinded.hex())), blinded[::-1]

    async def ready(self, meeting_id: str) -> None:
        if meeting_id != MEETING:
            raise NotFound("meeting.unknown")

    async def facts_after(self, meeting_id: str, number: int) -> Sequence[NumberedFact]:
        return self.facts[number:]

    def number(self, meeting_id: str) -> int:
        return self.state.number

    def snapshot(self, meeting_id: str, person_id: str) -> Mapping[str, Any]:
        return views.snapshot(self.state, self.state.people[person_id].role)

    def role(self, meeting_id: str, person_id: str) -> Role | None:
        return self.state.role(person_id)

    def person_of_session(self, meeting_id: str, session_id: str) -> str | None:
        session = self.state.sessions.get(session_id)
        return session.person_id if session else None

    def must_wait(self, meeting_id: str, person_id: str) -> bool:
        person = self.state.people.get(person_id)
        return person is not None and entering.must_wait(self.state, person)

    def told_waiting(self, meeting_id: str) -> str:
        return self.state.told_waiting

    def person_of_guest(self, meeting_id: str, waiting_id: str) -> str | None:
        return self.state.admitted.get(waiting_id)

    def is_on(self, meeting_id: str, session_id: str, source: Source) -> bool:
        session = self.state.sessions[session_id]
        return {"microphone": session.microphone, "camera": session.camera}.get(source, session.screen)

    def loudness(self, meeting_id: str) -> Mapping[str, int]:
        return {}

    def session_lost(self, meeting_id: str, session_id: str) -> None:
        self.lost.append(session_id)
        self.noticed.set()

    def session_resumed(self, meeting_id: str, session_id: str) -> None:
        if session_id in self.lost:
            self.lost.remove(session_id)


class Law:
    """The house as the notes desk asks it."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.ready, self.submit = house.ready, house.submit

    async def state(self, meeting_id: str) -> state.State:
        return self._house.state


class Plane:
    """A media plane that remembers what it was asked."""

    def __init__(self) -> None:
        self.epoch: str | None = "e1"
        self.streams: dict[str, Producer] = {}
        self.seated: dict[str, str] = {}
        self.log: list[tuple[object, ...]] = []

    def epoch_of(self, meeting_id: str) -> str | None:
        return self.epoch if meeting_id in self.seated.values() else None

    def sessions(self, meeting_id: str) -> Mapping[str, int | None]:
        return {one: None for one, where in self.seated.items() if where == meeting_id}

    def meetings(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(self.seated.values()))

    async def admit(self, meeting_id: str, session_id: str) -> MediaTicket:
        if self.epoch is None:
            raise Unavailable("media.down")
        self.log.append(("admit", session_id))
        self.seated[session_id] = meeting_id
        offer = TransportOffer(
            "t1", {"usernameFragment": "u", "password": "p"}, (), {"role": "auto", "fingerprints": []}
        )
        return MediaTicket(self.epoch, {"codecs": []}, offer, offer)

    async def connect(self, session_id: str, direction: Direction, dtls_parameters: Ortc) -> None:
        self.log.append(("connect", session_id, direction))

    async def restart_ice(self, session_id: str, direction: Direction) -> Ortc:
        return {"usernameFragment": "v", "password": "q"}

    async def produce(self, session_id: str, source: Source, kind: Kind, rtp_parameters: Ortc) -> Producer:
        producer = Producer(f"{session_id}-{source}", session_id, source, kind)
        self.streams[producer.producer_id] = producer
        return producer

    async def set_paused(self, producer_id: str, paused: bool) -> None:
        self.log.append(("set_paused", producer_id, paused))

    async def unproduce(self, producer_id: str) -> None:
        del self.streams[producer_id]

    async def consume(self, session_id: str, producer_id: str, capabilities: Ortc) -> Consumer:
        return Consumer(f"c-{producer_id}", producer_id, self.streams[producer_id].kind, {"codecs": []})

    async def unconsume(self, session_id: str, consumer_id: str) -> None:
        self.log.append(("unconsume", session_id, consumer_id))

    async def view(self, session_id: str, views: Sequence[View]) -> None:
        self.log.append(("view", session_id, tuple(views)))

    async def tell_again(self, session_id: str) -> None:
        self.log.append(("tell_again", session_id))

    async def dismiss(self, session_id: str) -> None:
        self.log.append(("dismiss", session_id))
        self.seated.pop(session_id, None)

    def producers(self, meeting_id: str) -> tuple[Producer, ...]:
        return tuple(self.streams.values())


class Door:
    """Tickets are names; a revoked name is turned away."""

    def __init__(self) -> None:
        self.admissions: dict[str, Admission] = {}
        self.revoked: set[str] = set()

    def issue(self, admission: Admission, credential: str, now_ms: int) -> str:
        self.admissions[credential] = admission
        return credential

    async def check(self, ticket: str, now_ms: int) -> Admission:
        if ticket in self.revoked:
            raise Unauthenticated("ticket.revoked")
        if ticket not in self.admissions:
            raise Unauthenticated("ticket.invalid")
        return self.admissions[ticket]


class Words:
    """Sentences that can be told apart."""

    def sentence(self, language: str, code: str, values: Mapping[str, Value]) -> str:
        return f"{language}:{code}"

"""Builders of meetings for tests: valid by default, one word changed at a time. No assertion lives here."""

from __future__ import annotations

from collections.abc import Sequence

from server.meeting.commands import SERVER, Actor, AdoptNotes, Command, Invitee, PlanMeeting
from server.meeting.facts import AgendaItem, Fact, NumberedFact, Role
from server.meeting.procedure import follows
from server.meeting.richtext import canonical, from_plain
from server.meeting.rules import decide
from server.meeting.state import State, apply
from tests.fakes import NINE_O_CLOCK_MS

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS

OFFICE = Actor(account_id="account-office", office_role="secretary")
STRANGER = Actor()

AGENDA = (AgendaItem("i1", "Pembukaan", 10), AgendaItem("i2", "Anggaran", 30), AgendaItem("i3", "Penutup", 5))

CHAIR, SECRETARY, ALICE, BUDI, OBSERVER = "p1", "p2", "p3", "p4", "p5"
"""The people of `plan()`, by the ids that planning gives them."""


def invitee(name: str, role: Role = "participant", person_id: str = "") -> Invitee:
    mail = f"{name.lower().replace(' ', '.')}@contoh.go.id"
    return Invitee(name, role, person_id, "Kepala Seksi", "Dinas Contoh", "Penata / III c", "198501012010011001", mail)


INVITEES = (
    invitee("Rahayu Chair", "chair"),
    invitee("Sari Secretary", "secretary"),
    invitee("Alice Amalia"),
    invitee("Budi Santoso"),
    invitee("Oki Observer", "observer"),
)


def plan(
    invitees: Sequence[Invitee] = INVITEES,
    items: Sequence[AgendaItem] = AGENDA,
    title: str = "Rapat koordinasi",
    starts_ms: int = NINE_O_CLOCK_MS,
) -> PlanMeeting:
    return PlanMeeting(title, starts_ms, starts_ms + 2 * HOUR_MS, "Asia/Jakarta", tuple(items), tuple(invitees))


def noted(item_id: str, text: str) -> AdoptNotes:
    """The shared notes as they stand: a paragraph per line."""
    return AdoptNotes(item_id, canonical(from_plain(text)))


def actor(person_id: str, session_id: str = "") -> Actor:
    return Actor(person_id, session_id)


class Ledger:
    """A meeting without a room: wishes are decided and applied on the spot, facts are kept. Time moves when told."""

    def __init__(self, now_ms: int = NINE_O_CLOCK_MS) -> None:
        self.state = State("m1")
        self.now_ms = now_ms
        self.facts: list[NumberedFact] = []

    def wish(self, command: Command, who: Actor = SERVER) -> tuple[Fact, ...]:
        """What it led to; what follows by itself is only kept. Raises what the rules raise."""
        led_to = decide(self.state, command, who, self.now_ms)
        self.write(*led_to)
        while led_to and (next_one := follows(self.state)) is not None:
            self.write(next_one)
        return led_to

    def write(self, *led_to: Fact) -> None:
        for fact in led_to:
            numbered = NumberedFact(len(self.facts) + 1, self.now_ms, fact)
            self.facts.append(numbered)
            self.state = apply(self.state, numbered)

    def after(self, ms: int) -> Ledger:
        self.now_ms += ms
        return self


def planned(wish: PlanMeeting | None = None) -> Ledger:
    ledger = Ledger()
    ledger.wish(wish or plan(), OFFICE)
    return ledger

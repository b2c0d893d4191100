"""What the store's tests share: where a store lies, a standing clock, and the first facts of a meeting."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from server.meeting import facts
from server.meeting.facts import Fact

START_MS = 1_790_000_000_000


@dataclass(frozen=True, slots=True)
class Place:
    url: str
    data_folder: Path


class StandingClock:
    def __init__(self) -> None:
        self.at_ms = START_MS

    def now_ms(self) -> int:
        return self.at_ms

    def monotonic_ms(self) -> int:
        return self.at_ms


def planned(title: str = "Rapat Koordinasi", starts_ms: int = START_MS, hours: int = 2) -> facts.MeetingPlanned:
    return facts.MeetingPlanned("a1", title, starts_ms, starts_ms + hours * 3_600_000, "Asia/Jakarta", "Aula")


def invited(person_id: str, role: facts.Role, name: str, account_id: str = "") -> facts.Invited:
    return facts.Invited("a1", person_id, name, role, "Kepala Bagian", "Setda", email="x@y.id", account_id=account_id)


def beginning() -> list[Fact]:
    """Planned, with its chair, its secretary and a participant who has an account."""
    return [
        planned(),
        invited("p1", "chair", "Siti Rahmawati", "account-siti"),
        invited("p2", "secretary", "Budi Santoso", "account-budi"),
        invited("p3", "participant", "Ni Luh Ayu"),
    ]

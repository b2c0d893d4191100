"""What signaling and web need of identity, as Protocols; adapters are the neighbours of this file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Admission:
    """Whom a ticket lets into which room. Exactly one of `person_id` and `waiting_id` is set: a guest who waits becomes
    a person only through the meeting's state (GuestAdmitted), under the same waiting_id."""

    meeting_id: str
    person_id: str = ""
    waiting_id: str = ""
    account_id: str = ""
    office_role: str = ""
    language: str = "id"
    guest_name: str = ""
    guest_office: str = ""
    guest_function: str = ""


class Doorkeeper(Protocol):
    """Issues and checks tickets into rooms (signed, expiring, bound to one meeting and one person)."""

    def issue(self, admission: Admission, credential: str, now_ms: int) -> str:
        """`credential` names what the ticket stands on, so that revoking that ends it: "session:<id>" (an account's
        browser session), "link:<id>" (a personal link) or "guest:<waiting_id>"."""
        ...

    async def check(self, ticket: str, now_ms: int) -> Admission:
        """Unauthenticated("ticket.invalid" | "ticket.expired" | "ticket.revoked")."""
        ...

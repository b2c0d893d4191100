"""What reading the answers works with: what came in as the store keeps it, and the Protocols of mailbox and store.

No implementation lives here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from server.errors import BalaiError

ArrivalKind: TypeAlias = Literal[
    "answer", "counter", "message", "automatic", "bounce", "delay", "unreadable"
]  # counter: another time is proposed; automatic: an out-of-office note; delay: not delivered yet
ArrivalState: TypeAlias = Literal["done", "open", "settled"]  # done by itself; for somebody to look at; looked at


@dataclass(frozen=True, slots=True)
class Arrival:
    """One mail that came in. `meeting_id` "": it belongs to none that is known. `reason`: a code, why it was not taken
    as it is. `starts_ms`: the start that the answer is about. `arrival_id` follows from the bytes alone."""

    arrival_id: str
    meeting_id: str
    person_id: str
    kind: ArrivalKind
    state: ArrivalState
    reason: str = ""
    at_ms: int = 0
    written_ms: int = 0
    answer: str = ""
    starts_ms: int = 0
    sender: str = ""
    sender_name: str = ""
    text: str = ""
    stand_in_name: str = ""
    stand_in_email: str = ""


@dataclass(frozen=True, slots=True)
class Place:
    """How far a mailbox is read. `tries`: how often the message after it was begun."""

    last_uid: int = 0
    tries: int = 0


class Arrivals(Protocol):
    """What came in, and how far."""

    async def place(self, mailbox: str, validity: int) -> Place:
        """Of this numbering (UIDVALIDITY, RFC 3501, 2.3.1.1); another one begins anew."""
        ...

    async def begin(self, mailbox: str, validity: int, uid: int) -> int:
        """This message is looked at now; how often it was, with this time. It survives whatever the message does."""
        ...

    async def known(self, arrival_id: str) -> bool: ...

    async def record(self, mailbox: str, validity: int, uid: int, arrival: Arrival | None) -> None:
        """It is read, and is never read again; None: it was known already. In one transaction."""
        ...

    async def of_meeting(self, meeting_id: str) -> Sequence[Arrival]:
        """The latest first."""
        ...

    async def of_nobody(self, limit: int) -> Sequence[Arrival]:
        """Those that belong to no meeting and wait to be looked at, the latest first."""
        ...

    async def settle(self, meeting_id: str, arrival_id: str) -> Arrival | None:
        """Somebody looked at it. None: there is none that waits."""
        ...

    async def sweep(self, before_ms: int) -> None:
        """Forget what belongs to no meeting and came before then."""
        ...


@dataclass(frozen=True, slots=True)
class Fetched:
    """A message, or its first part; `size`: of the whole, in bytes."""

    uid: int
    raw: bytes
    size: int


class Mailbox(Protocol):
    @property
    def name(self) -> str:
        """Tells mailboxes apart."""
        ...

    async def open(self) -> Reading:
        """Unreachable."""
        ...


class Reading(Protocol):
    """A mailbox that is open. Each verb raises Unreachable when the line is gone."""

    validity: int

    async def uids(self, after: int, since_ms: int) -> Sequence[int]: ...

    async def fetch(self, uid: int) -> Fetched | None: ...

    async def done(self, uid: int) -> None: ...

    async def aside(self, uid: int) -> None: ...

    async def wait(self, seconds: float) -> None:
        """Until something may have come."""
        ...

    async def close(self) -> None: ...


class Unreachable(BalaiError):
    """The mailbox cannot be read. `reason`: in the words of the server or of the network."""

    default_code = "mail.unreachable"

    def __init__(self, reason: str) -> None:
        super().__init__(reason=reason)
        self.reason = reason

"""What the mail room works with: one mail to one person as the store keeps it, and the Protocols of those it calls.

No implementation lives here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol, TypeAlias

from server.errors import BalaiError, Value
from server.meeting.commands import Actor, Command
from server.meeting.facts import SigningManner
from server.meeting.finding import Task, TaskWish
from server.meeting.state import State

PostKind: TypeAlias = Literal["request", "update", "cancel", "reminder", "silent"]
PostState: TypeAlias = Literal["queued", "sent", "failed"]

NO_ADDRESS = "mail.no_address"
"""Why a mail failed: there is no such mailbox. Nothing more is written to that address by itself."""


@dataclass(frozen=True, slots=True)
class Post:
    """One mail. `sequence` is the calendar's (RFC 5545, 3.8.7.4), rising with every letter to this person. `reminder`:
    which one; "": the letter itself, which alone touches calendars. `digest`: what it tells of the meeting;
    `starts_ms`: the start in it. `reason`: why it failed, or is tried again. `opened_ms`: when its answer page was
    opened."""

    meeting_id: str
    person_id: str
    sequence: int
    kind: PostKind
    email: str
    name: str
    function: str
    role: str
    language: str
    digest: str
    state: PostState = "queued"
    attempts: int = 0
    due_ms: int = 0
    reason: str = ""
    created_ms: int = 0
    sent_ms: int = 0
    opened_ms: int = 0
    reminder: str = ""
    starts_ms: int = 0

    @property
    def is_letter(self) -> bool:
        return not self.reminder


@dataclass(frozen=True, slots=True)
class Changes:
    """What is to be written into the outbox, and what is to be taken out, unsent."""

    put: tuple[Post, ...] = ()
    drop: tuple[Post, ...] = ()


class Outbox(Protocol):
    """Durable, and shared by whoever sends."""

    async def settled(self, now_ms: int) -> Sequence[tuple[str, int]]:
        """(meeting_id, number): meetings whose last changes have rested long enough to be told."""
        ...

    async def settling(self, meeting_id: str) -> int:
        """When the meeting's changes will be told (Unix ms); 0: nothing waits."""
        ...

    async def to_remind(self, now_ms: int) -> Sequence[str]:
        """Meetings of whose people somebody is to be reminded by now."""
        ...

    async def change(
        self, meeting_id: str, decide: Callable[[Sequence[Post]], Changes], *, told_number: int = 0, remind_ms: int = 0
    ) -> Changes:
        """In one transaction: ask `decide` with all posts of the meeting, write what it says, and remember that the
        facts up to `told_number` are told (0: as before) and when to look for reminders next."""
        ...

    async def of_meeting(self, meeting_id: str) -> Sequence[Post]: ...

    async def due(self, now_ms: int, limit: int) -> Sequence[Post]:
        """Queued ones whose time has come, the oldest first."""
        ...

    async def write(self, post: Post) -> None:
        """The post as it now stands, if it is still there."""
        ...

    async def opened(self, meeting_id: str, person_id: str, at_ms: int) -> None:
        """The answer page of the last mail to this person was opened; only the first time counts."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """A mail to one person about their account. "asked": somebody forgot a password; `secret` is what they typed, and
    whom it is about is not looked up yet. "reset": `secret` is the token of the link. "errand", "tasks": what somebody
    has to do, as JSON in `secret`; made when it is sent, from what is so then."""

    notice_id: str
    kind: str
    email: str = ""
    name: str = ""
    login: str = ""
    language: str = "id"
    secret: str = ""
    attempts: int = 0
    due_ms: int = 0
    expires_ms: int = 0


@dataclass(frozen=True, slots=True)
class Errand:
    """One mail to one person. `key`: what is told once; `reminder`: not told before `due_ms`, and only if it is still
    to be done then."""

    person_id: str
    key: str
    kind: str
    reminder: bool
    due_ms: int


class NoticeStore(Protocol):
    async def put(self, notice: Notice) -> None:
        """As it should stand."""
        ...

    async def due(self, now_ms: int, limit: int) -> Sequence[Notice]: ...

    async def remove(self, notice_id: str) -> None: ...

    async def sweep(self, now_ms: int) -> None:
        """Forget what has expired."""
        ...


class ErrandBook(Protocol):
    """Who was told to act; durable, and shared by whoever sends."""

    async def settled(self, now_ms: int) -> Sequence[tuple[str, int]]:
        """(meeting_id, number): meetings whose minutes may wait for somebody else now."""
        ...

    async def tell(
        self,
        meeting_id: str,
        number: int,
        now_ms: int,
        decide: Callable[[Collection[tuple[str, str]]], Iterable[tuple[Errand, Notice]]],
    ) -> int:
        """In one transaction: ask `decide` with what was told, queue what it says, and remember both; how many."""
        ...

    async def reminded(self) -> str:
        """The day up to which action items were looked at; "" never."""
        ...

    async def remind(self, day: str, before: str, letters: Sequence[Notice]) -> bool:
        """Queue the letters of that day, once. False: `before` is not the last day any more."""
        ...


class Tasks(Protocol):
    async def tasks(self, wish: TaskWish) -> Sequence[Task]: ...


@dataclass(frozen=True, slots=True)
class Feed:
    """An account's calendar feed. `name` and `language` are the account's; `digest`: of what it last said."""

    account_id: str
    feed_id: str
    created_ms: int
    digest: str = ""
    changed_ms: int = 0
    name: str = ""
    language: str = "id"


class Feeds(Protocol):
    """Those of active accounts."""

    async def of_account(self, account_id: str) -> Feed | None: ...

    async def by_id(self, feed_id: str) -> Feed | None: ...

    async def put(self, feed: Feed) -> None:
        """In place of the one that was there."""
        ...

    async def changed(self, feed_id: str, digest: str, at_ms: int) -> None: ...

    async def remove(self, account_id: str) -> None: ...


class Meetings(Protocol):
    async def state(self, meeting_id: str) -> State:
        """NotFound; Conflict where another process holds the meeting, which then sends for it."""
        ...

    async def submit(self, meeting_id: str, actor: Actor, command: Command) -> int: ...


class Papers(Protocol):
    async def letter(self, meeting_id: str, language: str) -> Letter:
        """As it goes out, signed where the office signs its letters. Unavailable while that cannot be done."""
        ...

    async def discard(self, meeting_id: str, digest: str) -> None:
        """A signed file that did not become a fact."""
        ...


class Letter(Protocol):
    """A letter as a file; server/documents/papers.py."""

    @property
    def file(self) -> bytes: ...
    @property
    def content(self) -> str: ...
    @property
    def digest(self) -> str: ...
    @property
    def new(self) -> SigningManner | Literal[""]:
        """How it was signed just now, which no fact says yet."""
        ...


class Links(Protocol):
    async def tokens(self, meeting_id: str, person_ids: tuple[str, ...], ends_ms: int) -> dict[str, str]:
        """person_id -> the token of their personal link."""
        ...

    def answer_token(self, token: str) -> str:
        """What opens the answer page of the same person."""
        ...


class Languages(Protocol):
    async def languages(self, account_ids: Sequence[str]) -> Mapping[str, str]:
        """account_id -> the language that the account reads."""
        ...


class Wording(Protocol):
    """One language's texts, days and times."""

    @property
    def language(self) -> str: ...

    def __call__(self, key: str, /, **values: Value) -> str: ...

    def day(self, at_ms: int, zone: str) -> str: ...

    def short_day(self, at_ms: int, zone: str) -> str: ...

    def plain_day(self, iso: str) -> str: ...

    def span(self, from_ms: int, to_ms: int, zone: str) -> str: ...

    def time(self, at_ms: int, zone: str) -> str: ...


class Undelivered(BalaiError):
    """A mail did not go out. `values["reason"]`: in the words of the mail server or of the network."""

    default_code = "mail.undelivered"

    def __init__(self, reason: str, *, permanent: bool = False, down: bool = False) -> None:
        super().__init__(reason=reason)
        self.reason, self.permanent, self.down = reason, permanent, down


class Line(Protocol):
    """An open connection to the mail server."""

    async def send(self, message: bytes, sender: str, recipient: str) -> None:
        """Undelivered: `permanent` if trying again is of no use, `down` if the connection itself is gone."""
        ...


class Carrier(Protocol):
    async def open(self) -> Line:
        """Undelivered, `down`."""
        ...

    async def close(self, line: Line) -> None: ...

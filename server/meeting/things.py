"""What a meeting consists of as it stands: frozen values without behaviour. What changes them is in state.py."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import ClassVar, Literal, TypeAlias

from server.meeting.facts import Direct, EntrySet, Evidence, Known, Method, RemarkKind, Role, StatementKind
from server.meeting.richtext import Blocks, from_plain, read


@dataclass(frozen=True, slots=True)
class Plan:
    title: str = ""
    starts_ms: int = 0
    ends_ms: int = 0
    zone: str = "Asia/Jakarta"
    place: str = ""
    letter_number: str = ""
    letter_date: str = ""


@dataclass(frozen=True, slots=True)
class Person:
    person_id: str
    name: str
    role: Role
    function: str = ""
    office: str = ""
    rank: str = ""
    nip: str = ""
    email: str = ""
    account_id: str = ""
    post_id: str = ""
    official_id: str = ""
    removed: bool = False  # sent out of the room; back only through the waiting room
    came: bool = False  # was in the room once: stays in the record, so the invitation cannot be revoked
    attended: bool = False  # presence was confirmed, or seen by the secretary: may comment on the minutes

    @property
    def invited(self) -> bool:
        """In the plan, unlike those who came by the guests' door or only watch."""
        return self.role not in ("guest", "watcher")

    @property
    def is_vacant(self) -> bool:
        """A post was invited that nobody held."""
        return bool(self.post_id) and not self.official_id


@dataclass(frozen=True, slots=True)
class Session:
    session_id: str
    person_id: str
    joined_ms: int
    microphone: bool = False
    camera: bool = False
    screen: bool = False
    evidence: Evidence | None = None  # None: connected, presence not confirmed


@dataclass(frozen=True, slots=True)
class Entry:
    """How one comes into the room; see facts.EntrySet."""

    direct: Direct = "invited"
    guests: bool = True
    code: str = ""
    limit: int = 0
    early_min: int = 30
    watch: bool = False

    @classmethod
    def of(cls, fact: EntrySet) -> Entry:
        return cls(fact.direct, fact.guests, fact.code, fact.limit, fact.early_min, fact.watch)


@dataclass(frozen=True, slots=True)
class Waiting:
    waiting_id: str
    name: str
    office: str
    function: str
    at_ms: int
    known: Known = "name"


@dataclass(frozen=True, slots=True)
class ChatLine:
    chat_id: str
    person_id: str
    at_ms: int
    text: str


@dataclass(frozen=True, slots=True)
class Notes:
    """`text`: canonical rich text when there is a `digest`, else plain."""

    item_id: str
    version: int
    text: str
    digest: str = ""

    @property
    def blocks(self) -> Blocks:
        return read(self.text) if self.digest else from_plain(self.text)


@dataclass(frozen=True, slots=True)
class Decision:
    decision_id: str
    number: int
    item_id: str
    text: str
    method: Method
    at_ms: int
    motion_id: str = ""
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class ActionLine:
    action_id: str
    number: int
    item_id: str
    what: str
    who: str
    due: str
    at_ms: int
    withdrawn: bool = False


@dataclass(frozen=True, slots=True)
class Statement:
    """`who`: a person_id of the meeting, or free text."""

    statement_id: str
    what: StatementKind
    number: int
    item_id: str
    who: str
    text: str
    at_ms: int
    withdrawn: bool = False


RemarkStanding: TypeAlias = Literal["open", "accepted", "refused", "withdrawn"]


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment or a suggestion to a passage of the notes; see facts.RemarkMade."""

    remark_id: str
    what: RemarkKind
    person_id: str
    item_id: str
    anchor: str
    head: str
    quoted: str
    text: str
    at_ms: int
    standing: RemarkStanding = "open"


@dataclass(frozen=True, slots=True)
class Chat:
    """Append-only and persistent: full chunks are shared between states, only the last (short) one is copied."""

    chunks: tuple[Mapping[str, ChatLine], ...] = ()  # chat_id -> line, in the order they were said
    last: Mapping[str, ChatLine] = field(default_factory=dict)

    CHUNK: ClassVar[int] = 128

    def add(self, line: ChatLine) -> Chat:
        last = {**self.last, line.chat_id: line}
        return Chat((*self.chunks, last)) if len(last) == self.CHUNK else Chat(self.chunks, last)

    def has(self, chat_id: str) -> bool:
        return chat_id in self.last or any(chat_id in chunk for chunk in self.chunks)

    def __iter__(self) -> Iterator[ChatLine]:
        for chunk in self.chunks:
            yield from chunk.values()
        yield from self.last.values()

    def __len__(self) -> int:
        return len(self.chunks) * self.CHUNK + len(self.last)

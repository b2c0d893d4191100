"""What may be asked of the record of all meetings, and what such an answer is made of. Values only; the store answers.

`account_id` None, wherever it stands: whoever asks may see every meeting of the office.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

Part: TypeAlias = Literal["title", "agenda", "people", "notes", "decisions", "actions"]
PARTS: tuple[Part, ...] = ("title", "agenda", "people", "notes", "decisions", "actions")


@dataclass(frozen=True, slots=True)
class Search:
    """What is looked for. `words` all in the meeting, `who` all among its people; `parts`: where the words must stand,
    () anywhere; [from_ms, to_ms) the start, 0 no bound."""

    account_id: str | None
    words: str
    who: str = ""
    parts: tuple[Part, ...] = ()
    from_ms: int = 0
    to_ms: int = 0
    offset: int = 0
    limit: int = 20


@dataclass(frozen=True, slots=True)
class Piece:
    """Some of a text; `found`: it is a word that was looked for."""

    text: str
    found: bool = False


@dataclass(frozen=True, slots=True)
class Hit:
    """A line in which a word was found."""

    part: Part
    pieces: tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Found:
    """A meeting in which everything was found."""

    meeting_id: str
    status: str
    starts_ms: int
    ends_ms: int
    zone: str
    title: tuple[Piece, ...]
    hits: tuple[Hit, ...]


State: TypeAlias = Literal["open", "overdue", "reported", "done", "all"]
Scope: TypeAlias = Literal["mine", "office", "all"]
Order: TypeAlias = Literal["due", "newest", "who"]


@dataclass(frozen=True, slots=True)
class TaskWish:
    """Which action items. `mine`: whose account is responsible; `office`: of whoever belongs to `office_name`. `today`:
    ISO date; what was due before and is not done is overdue."""

    account_id: str | None
    today: str
    scope: Scope = "all"
    mine: str = ""
    office_name: str = ""
    state: State = "open"
    order: Order = "due"
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class Task:
    """An action item that stands. `account_id`: of who is responsible, "" for free text or who has none."""

    meeting_id: str
    title: str
    zone: str
    action_id: str
    number: int
    what: str
    who: str
    office: str
    account_id: str
    due: str
    at_ms: int
    done_ms: int
    remark: str
    email: str = ""
    reported_ms: int = 0

    def is_overdue(self, today: str) -> bool:
        return not self.done_ms and "" < self.due < today


@dataclass(frozen=True, slots=True)
class DecisionWish:
    """Which decisions; [from_ms, to_ms) when they were taken, 0 no bound."""

    account_id: str | None
    from_ms: int = 0
    to_ms: int = 0
    withdrawn_too: bool = False
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class DecisionLine:
    """`approved`: the minutes that hold it were approved."""

    meeting_id: str
    title: str
    zone: str
    decision_id: str
    number: int
    text: str
    method: str
    at_ms: int
    withdrawn: bool
    approved: bool


LetterStatus: TypeAlias = Literal["reserved", "sent", "cancelled"]


@dataclass(frozen=True, slots=True)
class LetterWish:
    """`register_id` "": all, typed numbers too. `words`: of the number or the subject."""

    register_id: str = ""
    year: int = 0  # 0: every year
    status: LetterStatus | Literal[""] = ""
    words: str = ""
    offset: int = 0
    limit: int = 50


@dataclass(frozen=True, slots=True)
class LetterLine:
    """One line of the book of outgoing letters. `counter` 0: a number that was typed. `meeting_id` "": reserved for a
    letter that is written elsewhere. `to`: the first of whom it is for; `count`: how many."""

    register_id: str
    year: int
    counter: int
    number: str
    dated: str
    about: str
    meeting_id: str
    status: str
    to: str
    count: int

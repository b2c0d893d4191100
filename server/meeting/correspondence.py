"""What was written to those invited and what they answered: a frozen part of State with its own `apply`, and who is
expected to come. Pure: no rights, no clock, no mail.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields, replace
from typing import TYPE_CHECKING, Any

from server.meeting import facts
from server.meeting.facts import Answer, Capacity, Fact, Nature, Way
from server.meeting.quorum import Quorum

if TYPE_CHECKING:
    from server.meeting.state import State


@dataclass(frozen=True, slots=True)
class Letter:
    """How the invitation reads; as in facts.InvitationsSent. `at_ms`: when it was first sent."""

    at_ms: int
    nature: Nature
    basis: str
    signer_id: str
    copies: tuple[str, ...]
    about: str = ""
    capacity: Capacity = ""
    on_behalf: str = ""
    opening: str = ""
    way: str = ""
    closing: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """A signed letter, as a file that is kept; as in facts.LetterIssued."""

    digest: str
    content: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Reply:
    """The last answer of a person; `times`: how often they answered."""

    answer: Answer
    starts_ms: int
    way: Way
    at_ms: int
    stand_in_name: str = ""
    stand_in_function: str = ""
    message: str = ""
    times: int = 1
    stand_in_email: str = ""
    written_ms: int = 0

    @property
    def said_ms(self) -> int:
        """When it was said, whenever it came."""
        return self.written_ms or self.at_ms


@dataclass(frozen=True, slots=True)
class Reminders:
    """As in facts.RemindersSet."""

    before: tuple[int, ...] = ()
    silent: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Correspondence:
    letter: Letter | None = None  # None: nobody was written to yet
    replies: Mapping[str, Reply] = field(default_factory=dict)  # by person_id
    reminders: Reminders | None = None  # None: as the office has it
    register_id: str = ""  # whose number the letter has; "": none of a register
    issued: Mapping[str, Issued] = field(default_factory=dict)  # by language


READS = tuple(one.name for one in fields(Letter) if one.name != "at_ms")
"""What of a letter is said by InvitationsSent, in Letter's order."""


def apply(before: Correspondence, fact: Fact, at_ms: int) -> Correspondence:
    """After one more fact; one that says nothing here changes nothing."""
    change = _APPLY.get(type(fact))
    return before if change is None else change(before, fact, at_ms)


def expected(state: State) -> Quorum:
    """Whether there will be a quorum, as far as the answers tell: who comes, or sends somebody, counts as present.
    Stale answers do not count."""
    rule = state.deliberation.procedure.rule
    counting = [one for one in state.people.values() if one.role in rule.counting]
    coming = sum(fresh(state, one.person_id) in ("yes", "stand_in") for one in counting)
    return Quorum(coming, len(counting), rule.needed(len(counting)))


def fresh(state: State, person_id: str) -> Answer | None:
    """The answer of this person to the meeting as it stands; None: none, or one for another time."""
    reply = state.correspondence.replies.get(person_id)
    return reply.answer if reply is not None and reply.starts_ms == state.plan.starts_ms else None


# ------------------------------------------------------------ one function per kind


def _sent(before: Correspondence, fact: facts.InvitationsSent, at_ms: int) -> Correspondence:
    first_ms = before.letter.at_ms if before.letter else at_ms
    return replace(before, letter=Letter(first_ms, *(getattr(fact, one) for one in READS)))


def _numbered(before: Correspondence, fact: facts.LetterNumbered, _: int) -> Correspondence:
    return replace(before, register_id=fact.register_id)


def _issued(before: Correspondence, fact: facts.LetterIssued, at_ms: int) -> Correspondence:
    one = Issued(fact.digest, fact.content, at_ms)
    return replace(before, issued={**before.issued, fact.language: one})


def _answered(before: Correspondence, fact: facts.InvitationAnswered, at_ms: int) -> Correspondence:
    earlier = before.replies.get(fact.person_id)
    reply = Reply(
        fact.answer,
        fact.starts_ms,
        fact.way,
        at_ms,
        fact.stand_in_name,
        fact.stand_in_function,
        fact.message,
        earlier.times + 1 if earlier else 1,
        fact.stand_in_email,
        fact.written_ms,
    )
    return replace(before, replies={**before.replies, fact.person_id: reply})


def _revoked(before: Correspondence, fact: facts.InvitationRevoked, _: int) -> Correspondence:
    return replace(before, replies={key: one for key, one in before.replies.items() if key != fact.person_id})


def _reminders(before: Correspondence, fact: facts.RemindersSet, _: int) -> Correspondence:
    return replace(before, reminders=Reminders(fact.before, fact.silent))


_APPLY: dict[type[Fact], Callable[[Correspondence, Any, int], Correspondence]] = {
    facts.InvitationsSent: _sent,
    facts.LetterNumbered: _numbered,
    facts.LetterIssued: _issued,
    facts.InvitationAnswered: _answered,
    facts.InvitationRevoked: _revoked,
    facts.RemindersSet: _reminders,
}

KINDS: frozenset[type[Fact]] = frozenset(
    {facts.InvitationsSent, facts.InvitationAnswered, facts.LetterIssued, facts.RemindersSet}
)
"""Kinds that change nothing else."""

"""How far the minutes have got after the meeting: konsep, reviewed, commented on, approved, signed, frozen, corrected.

A frozen part of State with its own `apply`. Pure: no rights, no clock. The text itself is elsewhere; here is only
counted how often it changed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

from server.meeting import facts
from server.meeting.facts import Fact, SigningManner

Stage: TypeAlias = Literal["draft", "review", "reviewed", "comments", "answering", "approved", "signed", "frozen"]
STAGES: tuple[Stage, ...] = ("draft", "review", "reviewed", "comments", "answering", "approved", "signed", "frozen")
WRITABLE: frozenset[Stage] = frozenset(STAGES[:5])
"""Before approval the text may change; afterwards only a ralat is added."""


@dataclass(frozen=True, slots=True)
class Review:
    approved: bool
    remark: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Comment:
    comment_id: str
    person_id: str
    item_id: str
    text: str
    at_ms: int
    accepted: bool | None = None  # None: not answered
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Signature:
    person_id: str
    digest: str
    manner: SigningManner
    at_ms: int


@dataclass(frozen=True, slots=True)
class Ralat:
    ralat_id: str
    number: int
    text: str
    at_ms: int


@dataclass(frozen=True, slots=True)
class Minutes:
    stage: Stage = "draft"
    version: int = 0  # how often the text changed
    reviewers: tuple[str, ...] = ()
    reviews: Mapping[str, Review] = field(default_factory=dict)  # of this round; a refusal stays until submitted again
    returned: str = ""  # why they went back to konsep
    rounds: int = 0  # how often they were handed in
    review_until_ms: int = 0  # when the reviewers should have looked; 0: no time was set
    until_ms: int = 0  # end of the comment period
    comments: Mapping[str, Comment] = field(default_factory=dict)
    digest: str = ""
    approved_by: str = ""
    approved_ms: int = 0
    signatures: tuple[Signature, ...] = ()
    ralat: tuple[Ralat, ...] = ()

    @property
    def open_comments(self) -> tuple[Comment, ...]:
        """Those that nobody has answered."""
        return tuple(one for one in self.comments.values() if one.accepted is None)

    @property
    def signed_digest(self) -> str:
        """Of the file that is kept; "" when nothing was signed."""
        return self.signatures[-1].digest if self.signatures else ""


def apply(before: Minutes, fact: Fact, at_ms: int) -> Minutes:
    """After one more fact; one that says nothing here changes nothing."""
    change = _APPLY.get(type(fact))
    return before if change is None else change(before, fact, at_ms)


def _text_changed(before: Minutes, _: Fact, __: int) -> Minutes:
    return replace(before, version=before.version + 1)


def _submitted(before: Minutes, fact: facts.MinutesSubmitted, _: int) -> Minutes:
    began = replace(before, rounds=before.rounds + 1, review_until_ms=fact.until_ms)
    return replace(began, stage="review", reviewers=fact.reviewers, reviews={}, returned="")


def _reviewed(before: Minutes, fact: facts.MinutesReviewed, at_ms: int) -> Minutes:
    reviews = {**before.reviews, fact.person_id: Review(fact.approved, fact.remark, at_ms)}
    if not fact.approved:
        return replace(before, reviews=reviews, stage="draft", returned=fact.remark)
    stage: Stage = "reviewed" if all(one in reviews for one in before.reviewers) else "review"
    return replace(before, reviews=reviews, stage=stage)


def _returned(before: Minutes, fact: facts.MinutesReturned, _: int) -> Minutes:
    return replace(before, stage="draft", returned=fact.reason, until_ms=0)


def _comments_opened(before: Minutes, fact: facts.CommentsOpened, _: int) -> Minutes:
    return replace(before, stage="comments", until_ms=fact.until_ms)


def _commented(before: Minutes, fact: facts.MinutesCommented, at_ms: int) -> Minutes:
    comment = Comment(fact.comment_id, fact.person_id, fact.item_id, fact.text, at_ms)
    return replace(before, comments={**before.comments, fact.comment_id: comment})


def _comments_closed(before: Minutes, _: Fact, __: int) -> Minutes:
    return replace(before, stage="answering")


def _answered(before: Minutes, fact: facts.CommentAnswered, _: int) -> Minutes:
    comment = replace(before.comments[fact.comment_id], accepted=fact.accepted, reason=fact.reason)
    return replace(before, comments={**before.comments, fact.comment_id: comment})


def _approved(before: Minutes, fact: facts.MinutesApproved, at_ms: int) -> Minutes:
    return replace(before, stage="approved", digest=fact.digest, approved_by=fact.by, approved_ms=at_ms)


def _signed(before: Minutes, fact: facts.MinutesSigned, at_ms: int) -> Minutes:
    """A person's better scan takes the place of the one before."""
    others = tuple(one for one in before.signatures if one.person_id != fact.person_id)
    signature = Signature(fact.person_id, fact.digest, fact.manner, at_ms)
    return replace(before, stage="signed", signatures=(*others, signature))


def _frozen(before: Minutes, _: Fact, __: int) -> Minutes:
    return replace(before, stage="frozen")


def _ralat(before: Minutes, fact: facts.RalatRecorded, at_ms: int) -> Minutes:
    return replace(before, ralat=(*before.ralat, Ralat(fact.ralat_id, fact.ralat_number, fact.text, at_ms)))


_OWN: dict[type[Fact], Callable[[Minutes, Any, int], Minutes]] = {
    facts.MinutesSubmitted: _submitted,
    facts.MinutesReviewed: _reviewed,
    facts.MinutesReturned: _returned,
    facts.CommentsOpened: _comments_opened,
    facts.MinutesCommented: _commented,
    facts.CommentsClosed: _comments_closed,
    facts.CommentAnswered: _answered,
    facts.MinutesApproved: _approved,
    facts.MinutesSigned: _signed,
    facts.MinutesFrozen: _frozen,
    facts.RalatRecorded: _ralat,
}
KINDS = frozenset(_OWN)
"""The kinds of fact that change nothing else of the meeting. They happen after it, and never enter a room."""

_TEXT: tuple[type[Fact], ...] = (
    facts.NotesWritten,
    facts.NotesAdopted,
    facts.DecisionRecorded,
    facts.DecisionCorrected,
    facts.DecisionWithdrawn,
    facts.ActionRecorded,
    facts.ActionCorrected,
    facts.ActionWithdrawn,
    facts.StatementRecorded,
    facts.StatementCorrected,
    facts.StatementWithdrawn,
    facts.PresenceMarked,
    facts.PresenceStruck,
    facts.AbsenceExcused,
    facts.StandInNamed,
    facts.CarriedSettled,
)
"""What may change a line of the notula after the meeting was closed."""
_APPLY: dict[type[Fact], Callable[[Minutes, Any, int], Minutes]] = {**dict.fromkeys(_TEXT, _text_changed), **_OWN}

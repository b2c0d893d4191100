"""From konsep to frozen minutes: which facts follow from a wish, and who has to act next. Pure, as rules.py.

Who may want what at which stage is in roles.py; here is what only the meeting itself shows.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from server.errors import Conflict, Invalid, NotFound, Refused
from server.meeting import commands, facts, roles
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.minutes import Stage
from server.meeting.state import State
from server.meeting.writing import known_item, words

Facts: TypeAlias = tuple[Fact, ...]
Kind: TypeAlias = Literal["submit", "review", "open_comments", "comment", "answer", "approve", "sign", "freeze"]

LONGEST_COMMENTS_MS = 90 * 86_400_000


@dataclass(frozen=True, slots=True)
class Act:
    """What has to be done next, by whom (person_ids), and until when (0: no deadline)."""

    kind: Kind
    people: tuple[str, ...]
    until_ms: int = 0


def next_acts(state: State, now_ms: int) -> tuple[Act, ...]:
    """Who has to act on the minutes; () before the meeting was closed, and when they are frozen."""
    if state.status != "closed":
        return ()
    minutes, leaders, chair = state.minutes, _with_role(state, *roles.LEADERS), _with_role(state, "chair")
    if minutes.stage in ("comments", "answering"):
        answer = (Act("answer", leaders),) if minutes.open_comments else ()
        if minutes.stage == "comments" and now_ms < minutes.until_ms:
            return (Act("comment", attendees(state), minutes.until_ms), *answer)
        return answer or (Act("approve", chair),)
    plain: dict[Stage, Act] = {
        "draft": Act("submit", leaders),
        "review": Act(
            "review", tuple(one for one in minutes.reviewers if one not in minutes.reviews), minutes.review_until_ms
        ),
        "reviewed": Act("open_comments", leaders),
        "approved": Act("sign", chair),
        "signed": Act("freeze", leaders),
    }
    return (plain[minutes.stage],) if minutes.stage in plain else ()


def has_acted(state: State, act: Act, person_id: str) -> bool:
    """Who has commented once is not asked again, though they still may."""
    said = any(one.person_id == person_id for one in state.minutes.comments.values())
    return person_id not in act.people or (act.kind == "comment" and said)


def attendees(state: State) -> tuple[str, ...]:
    """Whose presence was confirmed at any time, or seen by the secretary."""
    return tuple(one.person_id for one in state.people.values() if one.attended)


def _with_role(state: State, *roles: str) -> tuple[str, ...]:
    return tuple(one.person_id for one in state.people.values() if one.role in roles)


# ------------------------------------------------------------ one function per command


def _submit(state: State, wish: commands.SubmitMinutes, actor: Actor, now_ms: int) -> Facts:
    if wish.until_ms and not now_ms < wish.until_ms <= now_ms + LONGEST_COMMENTS_MS:
        raise Invalid("minutes.deadline", field="review_until")
    reviewers = tuple(dict.fromkeys(wish.reviewers))
    if not reviewers:
        raise Invalid("minutes.reviewers", field="reviewers")
    for one in reviewers:
        if one not in state.people:
            raise NotFound("meeting.no_person")
        if state.role(one) in ("guest", "watcher"):
            raise Refused("minutes.reviewers", field="reviewers")
    return (facts.MinutesSubmitted(actor.signature, reviewers, state.minutes.version, wish.until_ms),)


def _review(state: State, wish: commands.ReviewMinutes, actor: Actor, _: int) -> Facts:
    minutes = state.minutes
    if actor.person_id not in minutes.reviewers:
        raise Refused("minutes.not_reviewer")
    if actor.person_id in minutes.reviews:
        return ()
    _same_text(state, wish.version)
    remark = wish.remark.strip()
    if not wish.approved and not remark:
        raise Invalid("minutes.remark", field="remark")
    return (facts.MinutesReviewed(actor.person_id, wish.approved, remark, wish.version),)


def _return(_: State, wish: commands.ReturnMinutes, actor: Actor, __: int) -> Facts:
    reason = wish.reason.strip()
    if not reason:
        raise Invalid("minutes.reason", field="reason")
    return (facts.MinutesReturned(actor.signature, reason),)


def _open_comments(state: State, wish: commands.OpenComments, actor: Actor, now_ms: int) -> Facts:
    minutes = state.minutes
    if minutes.stage == "comments" and wish.until_ms == minutes.until_ms:
        return ()
    earliest_ms = max(now_ms, minutes.until_ms if minutes.stage == "comments" else 0)
    if not earliest_ms < wish.until_ms <= now_ms + LONGEST_COMMENTS_MS:
        raise Invalid("minutes.deadline", field="until")
    return (facts.CommentsOpened(actor.signature, wish.until_ms),)


def _comment(state: State, wish: commands.CommentMinutes, actor: Actor, now_ms: int) -> Facts:
    if not state.people[actor.person_id].attended:
        raise Refused("minutes.not_attended")
    if now_ms >= state.minutes.until_ms:  # the deadline holds whether or not the server has told it yet
        raise Refused("minutes.comments_over")
    if (same := state.minutes.comments.get(wish.comment_id)) is not None:
        if same.person_id != actor.person_id:
            raise Refused("meeting.not_yours")
        return ()
    if wish.item_id:
        known_item(state, wish.item_id)
    return (facts.MinutesCommented(actor.person_id, wish.comment_id, wish.item_id, words(wish.text)),)


def _close_comments(state: State, _: Command, __: Actor, now_ms: int) -> Facts:
    return (facts.CommentsClosed(),) if now_ms >= state.minutes.until_ms else ()


def _answer(state: State, wish: commands.AnswerComment, actor: Actor, _: int) -> Facts:
    comment = state.minutes.comments.get(wish.comment_id)
    if comment is None:
        raise NotFound("minutes.no_comment")
    reason = wish.reason.strip()
    if not reason:
        raise Invalid("minutes.reason", field="reason")
    if (comment.accepted, comment.reason) == (wish.accepted, reason):
        return ()
    if comment.accepted is not None:
        raise Refused("minutes.answered")
    return (facts.CommentAnswered(actor.signature, wish.comment_id, wish.accepted, reason),)


def _approve(state: State, wish: commands.ApproveMinutes, actor: Actor, now_ms: int) -> Facts:
    minutes = state.minutes
    _is_digest(wish.digest)
    if minutes.open_comments:
        raise Refused("minutes.unanswered", count=len(minutes.open_comments))
    _same_text(state, wish.version)
    return (facts.MinutesApproved(actor.signature, wish.digest, wish.version),)


def _sign(state: State, wish: commands.SignMinutes, actor: Actor, _: int) -> Facts:
    minutes = state.minutes
    _is_digest(wish.digest)
    own = next((one for one in minutes.signatures if one.person_id == actor.person_id), None)
    by_hand = all(one.manner == "scan" for one in minutes.signatures)
    if own and (wish.manner != "scan" or own.manner != "scan" or wish.digest == minutes.signed_digest):
        raise Refused("minutes.signed_already")  # but a bad scan is replaced by a better one
    if wish.previous != minutes.signed_digest:
        raise Conflict("minutes.signed_meanwhile")
    if wish.manner == "scan" and not by_hand:
        raise Refused("minutes.signed_by_key")  # a paper would throw away the signatures that are in the file
    if minutes.stage == "approved" and state.role(actor.person_id) != "chair" and wish.manner == "scan":
        raise Refused("minutes.chair_first")  # one paper bears all signatures by hand: the chair's file comes first
    return (facts.MinutesSigned(actor.person_id, wish.digest, wish.manner),)


def _freeze(state: State, _: Command, actor: Actor, __: int) -> Facts:
    if all(state.role(one.person_id) != "chair" for one in state.minutes.signatures):
        raise Refused("minutes.chair_first")
    return (facts.MinutesFrozen(actor.signature),)


def _ralat(state: State, wish: commands.RecordRalat, actor: Actor, _: int) -> Facts:
    if any(one.ralat_id == wish.ralat_id for one in state.minutes.ralat):
        return ()
    number = len(state.minutes.ralat) + 1
    return (facts.RalatRecorded(actor.signature, wish.ralat_id, number, words(wish.text)),)


def _same_text(state: State, version: int) -> None:
    """Nobody approves what they have not read."""
    if version != state.minutes.version:
        raise Conflict("minutes.changed")


def _is_digest(digest: str) -> None:
    if not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise Invalid("minutes.digest")


# ------------------------------------------------------------ what follows by itself


def due(state: State, now_ms: int) -> Command | None:
    """What the server has to do now: close the comment period at its end."""
    over = state.status == "closed" and state.minutes.stage == "comments" and now_ms >= state.minutes.until_ms
    return commands.CloseComments() if over else None


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.SubmitMinutes: _submit,
    commands.ReviewMinutes: _review,
    commands.ReturnMinutes: _return,
    commands.OpenComments: _open_comments,
    commands.CommentMinutes: _comment,
    commands.CloseComments: _close_comments,
    commands.AnswerComment: _answer,
    commands.ApproveMinutes: _approve,
    commands.SignMinutes: _sign,
    commands.FreezeMinutes: _freeze,
    commands.RecordRalat: _ralat,
}

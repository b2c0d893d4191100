"""Comments and suggestions to the shared notes, by those who do not write them. One function per command. Pure.

A remark never touches the text: whoever may write takes its words over, as their own writing.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import commands, facts, roles
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact, RemarkKind, RemarkRule
from server.meeting.state import Remark, State
from server.meeting.writing import known_item, words

Facts: TypeAlias = tuple[Fact, ...]

MOST_OPEN = 50  # of one person, unanswered
_ALLOWED: dict[RemarkRule, frozenset[RemarkKind]] = {
    "nobody": frozenset(),
    "comment": frozenset({"comment"}),
    "suggest": frozenset({"comment", "suggestion"}),
}


def may(state: State, what: RemarkKind, actor: Actor) -> bool:
    """By the meeting's rules; chair and secretary always."""
    rule = state.deliberation.procedure.remarks
    return state.role(actor.person_id) in roles.LEADERS or what in _ALLOWED[rule]


def _make(state: State, wish: commands.MakeRemark, actor: Actor, _: int) -> Facts:
    if wish.remark_id in state.remarks:
        return ()
    if not may(state, wish.what, actor):
        raise Refused("remark.not_here")
    if wish.item_id:
        known_item(state, wish.item_id)
    text = words(wish.text) if wish.what == "comment" else wish.text.strip()
    if not wish.quoted.strip():
        raise Invalid("remark.no_passage")
    if text == wish.quoted.strip():
        raise Invalid("remark.same")
    mine = (one for one in state.remarks.values() if one.person_id == actor.person_id)
    if sum(one.standing == "open" for one in mine) >= MOST_OPEN:
        raise Refused("remark.too_many", most=MOST_OPEN)
    place = (wish.item_id, wish.anchor, wish.head)
    return (facts.RemarkMade(actor.person_id, wish.remark_id, wish.what, *place, wish.quoted, text),)


def _answer(state: State, wish: commands.AnswerRemark, actor: Actor, _: int) -> Facts:
    remark = _known(state, wish.remark_id)
    if remark.standing == ("accepted" if wish.accepted else "refused"):
        return ()
    _is_open(remark)
    return (facts.RemarkAnswered(actor.signature, wish.remark_id, wish.accepted),)


def _withdraw(state: State, wish: commands.WithdrawRemark, actor: Actor, _: int) -> Facts:
    remark = _known(state, wish.remark_id)
    if remark.person_id != actor.person_id:
        raise Refused("meeting.not_yours")
    if remark.standing == "withdrawn":
        return ()
    _is_open(remark)
    return (facts.RemarkWithdrawn(actor.signature, wish.remark_id),)


def _known(state: State, remark_id: str) -> Remark:
    remark = state.remarks.get(remark_id)
    if remark is None:
        raise NotFound("remark.unknown")
    return remark


def _is_open(remark: Remark) -> None:
    if remark.standing != "open":
        raise Refused("remark.answered")


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.MakeRemark: _make,
    commands.AnswerRemark: _answer,
    commands.WithdrawRemark: _withdraw,
}

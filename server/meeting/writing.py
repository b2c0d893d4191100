"""What is written of a meeting: notes, decisions, actions, statements. One function per command. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Invalid, NotFound, Refused
from server.meeting import commands, facts, richtext
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]


def _edit_notes(state: State, wish: commands.EditNotes, _: Actor, __: int) -> Facts:
    if wish.item_id:
        known_item(state, wish.item_id)
    return ()


def _adopt_notes(state: State, wish: commands.AdoptNotes, actor: Actor, _: int) -> Facts:
    if wish.item_id:
        known_item(state, wish.item_id)
    notes = state.notes.get(wish.item_id)
    blocks = richtext.read(wish.text)
    if blocks == (notes.blocks if notes else ()):
        return ()
    version = notes.version + 1 if notes else 1
    return (facts.NotesAdopted(actor.signature, wish.item_id, version, richtext.digest(wish.text), wish.text),)


def _record_decision(state: State, wish: commands.RecordDecision, actor: Actor, _: int) -> Facts:
    if wish.decision_id in state.decisions:
        return ()
    if wish.item_id:
        known_item(state, wish.item_id)
    number = len(state.decisions) + 1  # withdrawn ones keep theirs
    recorded = facts.DecisionRecorded(
        actor.signature, wish.decision_id, number, wish.item_id, words(wish.text), wish.method
    )
    return (recorded,)


def _correct_decision(state: State, wish: commands.CorrectDecision, actor: Actor, _: int) -> Facts:
    decision = _standing(state.decisions, wish.decision_id, "decision")
    if (decision.text, decision.method) == (wish.text.strip(), wish.method):
        return ()
    return (facts.DecisionCorrected(actor.signature, wish.decision_id, words(wish.text), wish.method),)


def _withdraw_decision(state: State, wish: commands.WithdrawDecision, actor: Actor, _: int) -> Facts:
    _standing(state.decisions, wish.decision_id, "decision")
    return (facts.DecisionWithdrawn(actor.signature, wish.decision_id, wish.reason),)


def _record_action(state: State, wish: commands.RecordAction, actor: Actor, _: int) -> Facts:
    if wish.action_id in state.actions:
        return ()
    if wish.item_id:
        known_item(state, wish.item_id)
    number = len(state.actions) + 1
    what, who, due = words(wish.what), wish.who.strip(), _due(wish.due)
    return (facts.ActionRecorded(actor.signature, wish.action_id, number, wish.item_id, what, who, due),)


def _correct_action(state: State, wish: commands.CorrectAction, actor: Actor, _: int) -> Facts:
    action = _standing(state.actions, wish.action_id, "action")
    what, who, due = words(wish.what), wish.who.strip(), _due(wish.due)
    if (action.what, action.who, action.due) == (what, who, due):
        return ()
    return (facts.ActionCorrected(actor.signature, wish.action_id, what, who, due),)


def _withdraw_action(state: State, wish: commands.WithdrawAction, actor: Actor, _: int) -> Facts:
    _standing(state.actions, wish.action_id, "action")
    return (facts.ActionWithdrawn(actor.signature, wish.action_id, wish.reason),)


def _record_statement(state: State, wish: commands.RecordStatement, actor: Actor, _: int) -> Facts:
    if wish.statement_id in state.statements:
        return ()
    if wish.item_id:
        known_item(state, wish.item_id)
    number = len(state.statements) + 1
    who, text = _said_by(wish.who), words(wish.text)
    recorded = facts.StatementRecorded(actor.signature, wish.statement_id, wish.what, number, wish.item_id, who, text)
    return (recorded,)


def _correct_statement(state: State, wish: commands.CorrectStatement, actor: Actor, _: int) -> Facts:
    statement = _standing(state.statements, wish.statement_id, "statement")
    who, text = _said_by(wish.who), words(wish.text)
    if (statement.who, statement.text) == (who, text):
        return ()
    return (facts.StatementCorrected(actor.signature, wish.statement_id, who, text),)


def _withdraw_statement(state: State, wish: commands.WithdrawStatement, actor: Actor, _: int) -> Facts:
    _standing(state.statements, wish.statement_id, "statement")
    return (facts.StatementWithdrawn(actor.signature, wish.statement_id, wish.reason),)


def _said_by(who: str) -> str:
    """Invalid("statement.who"): a statement is somebody's."""
    if not who.strip():
        raise Invalid("statement.who")
    return who.strip()


# ------------------------------------------------------------ looking up


def known_item(state: State, item_id: str) -> None:
    """NotFound("meeting.no_item") for an item that is not on the agenda."""
    if all(item.item_id != item_id for item in state.items):
        raise NotFound("meeting.no_item")


def _standing(things: Any, thing_id: str, name: str) -> Any:
    thing = things.get(thing_id)
    if thing is None:
        raise NotFound(f"{name}.unknown")
    if thing.withdrawn:
        raise Refused(f"{name}.withdrawn")
    return thing


def words(text: str) -> str:
    """Without blanks around; Invalid("text.empty") when nothing remains."""
    stripped = text.strip()
    if not stripped:
        raise Invalid("text.empty")
    return stripped


def _due(due: str) -> str:
    if due and not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])", due):
        raise Invalid("action.due")
    return due


ADOPTING: frozenset[type[Command]] = frozenset(
    {commands.PlanMeeting, commands.OpenItem, commands.CloseMeeting}
    | {commands.SubmitMinutes, commands.ReviewMinutes, commands.ReturnMinutes}
    | {commands.OpenComments, commands.CloseComments, commands.ApproveMinutes}
)
"""Before one of these is decided, the shared notes are adopted as they stand: each state of the minutes is about one
text, and what is written later is seen as a change."""

DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.EditNotes: _edit_notes,
    commands.AdoptNotes: _adopt_notes,
    commands.RecordDecision: _record_decision,
    commands.CorrectDecision: _correct_decision,
    commands.WithdrawDecision: _withdraw_decision,
    commands.RecordAction: _record_action,
    commands.CorrectAction: _correct_action,
    commands.WithdrawAction: _withdraw_action,
    commands.RecordStatement: _record_statement,
    commands.CorrectStatement: _correct_statement,
    commands.WithdrawStatement: _withdraw_statement,
}

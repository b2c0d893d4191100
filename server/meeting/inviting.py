"""Writing to those invited, and their answers: which facts follow from a wish. Pure, as rules.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

from server.errors import Conflict, Invalid, NotFound, Refused
from server.meeting import commands, facts, roles
from server.meeting.commands import Actor, Command
from server.meeting.correspondence import READS, Letter
from server.meeting.facts import Fact
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

MOST_BACKDATED = -366  # days before today that a letter may be dated
MOST_ANSWERS = 50  # of one person: a link that was passed on must not fill the journal
MOST_REMINDERS = 5
LONGEST_MINUTES = 60 * 24 * 60


def _send(state: State, wish: commands.SendInvitations, actor: Actor, now_ms: int) -> Facts:
    if wish.signer_id and wish.signer_id not in state.people:
        raise Invalid("invitation.signer", field="signer_id")
    if wish.capacity in ("an", "ub") and not wish.on_behalf.strip():
        raise Invalid("invitation.on_behalf", field="on_behalf")
    letter = Letter(now_ms, **{one: _clean(getattr(wish, one)) for one in READS})
    if letter.capacity not in ("an", "ub"):
        letter = replace(letter, on_behalf="")
    now = state.correspondence.letter
    numbered = _number(state, wish, actor, now_ms)
    if now is not None and replace(letter, at_ms=now.at_ms) == now:
        return numbered
    return (*numbered, facts.InvitationsSent(actor.signature, **{one: getattr(letter, one) for one in READS}))


def _clean(said: Any) -> Any:
    return said.strip() if isinstance(said, str) else tuple(filter(None, map(str.strip, said)))


def _number(state: State, wish: commands.SendInvitations, actor: Actor, now_ms: int) -> Facts:
    """A letter takes a number once, and keeps it; one that was typed gives way to it."""
    if not wish.register_id or state.correspondence.register_id:
        return ()
    today = datetime.fromtimestamp(now_ms / 1000, ZoneInfo(state.plan.zone)).date()
    try:
        dated = date.fromisoformat(wish.dated) if wish.dated else today
    except ValueError:
        raise Invalid("form.date", field="dated") from None
    if not MOST_BACKDATED <= (dated - today).days <= 0:
        raise Invalid("invitation.dated", field="dated")
    return (facts.LetterNumbered(actor.signature, wish.register_id, dated.isoformat(), wish.code.strip()),)


def _issued(state: State, wish: commands.ReportLetterIssued, _: Actor, __: int) -> Facts:
    before = state.correspondence.issued.get(wish.language)
    if before is not None and before.digest == wish.digest:
        return ()
    return (facts.LetterIssued("", wish.language, wish.digest, wish.content, wish.manner),)


def _answer(state: State, wish: commands.AnswerInvitation, actor: Actor, _: int) -> Facts:
    person = state.people.get(wish.person_id)
    if person is None:
        raise NotFound("meeting.no_person")
    own = actor.person_id == wish.person_id
    leads = state.role(actor.person_id) in roles.LEADERS or actor.office_role in ("administrator", "secretary")
    if not person.invited or not (own or leads):
        raise Refused("meeting.not_allowed")
    if wish.starts_ms != state.plan.starts_ms:  # the page was opened before the time was changed
        raise Conflict("invitation.changed")
    name, function, message = wish.stand_in_name.strip(), wish.stand_in_function.strip(), wish.message.strip()
    email = wish.stand_in_email.strip()
    if wish.answer == "stand_in" and not name:
        raise Invalid("invitation.stand_in", field="stand_in_name")
    if wish.answer != "stand_in":
        name = function = email = ""
    way: facts.Way = wish.way if own else "secretary"
    before = state.correspondence.replies.get(wish.person_id)
    wanted = (wish.answer, wish.starts_ms, name, function, message, email)
    if before is not None:
        # Calendars stamp their answers in whole seconds (RFC 5546, 2.1.5: the later one counts).
        if wish.written_ms and wish.written_ms // 1000 < before.said_ms // 1000:
            raise Conflict("invitation.older")
        said = (before.answer, before.starts_ms, before.stand_in_name, before.stand_in_function, before.message)
        if wanted == (*said, before.stand_in_email):
            return ()
        if before.times >= MOST_ANSWERS and not leads:
            raise Refused("invitation.many")
    return (
        facts.InvitationAnswered(
            actor.signature, wish.person_id, wish.answer, wish.starts_ms, way, name, function, message, email,
            wish.written_ms,
        ),
    )  # fmt: skip


def _remind(state: State, wish: commands.SetReminders, actor: Actor, _: int) -> Facts:
    wanted = [tuple(sorted(set(one), reverse=True)) for one in (wish.before, wish.silent)]
    for minutes in wanted:
        if len(minutes) > MOST_REMINDERS or any(not 1 <= one <= LONGEST_MINUTES for one in minutes):
            raise Invalid("invitation.reminders", field="before")
    now = state.correspondence.reminders
    if now is not None and wanted == [now.before, now.silent]:
        return ()
    return (facts.RemindersSet(actor.signature, *wanted),)


DECIDE: dict[type[Command], Callable[[State, Any, Actor, int], Facts]] = {
    commands.SendInvitations: _send,
    commands.ReportLetterIssued: _issued,
    commands.AnswerInvitation: _answer,
    commands.SetReminders: _remind,
}

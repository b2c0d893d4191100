"""Writing to those invited, and their answers: which facts follow from a wish. Pure, as rules.py."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from server.errors import Conflict, Invalid, NotFound, Refused
from server.meeting import commands, facts, roles
from server.meeting.commands import Actor, Command
from server.meeting.facts import Fact
from server.meeting.state import State

Facts: TypeAlias = tuple[Fact, ...]

MOST_ANSWERS = 50  # of one person: a link that was passed on must not fill the journal
MOST_REMINDERS = 5
LONGEST_MINUTES = 60 * 24 * 60


def _send(state: State, wish: commands.SendInvitations, actor: Actor, _: int) -> Facts:
    if wish.signer_id and wish.signer_id not in state.people:
        raise Invalid("invitation.signer", field="signer_id")
    wanted = (wish.nature, wish.basis.strip(), wish.signer_id, tuple(filter(None, map(str.strip, wish.copies))))
    now = state.correspondence.letter
    if now is not None and wanted == (now.nature, now.basis, now.signer_id, now.copies):
        return ()
    return (facts.InvitationsSent(actor.signature, *wanted),)


def _answer(state: State, wish: commands.AnswerInvitation, actor: Actor, _: int) -> Facts:
    person = state.people.get(wish.person_id)
    if person is None:
        raise NotFound("meeting.no_person")
    own = actor.person_id == wish.person_id
    leads = state.role(actor.person_id) in roles.LEADERS or actor.office_role in ("administrator", "secretary")
    if person.role == "guest" or not (own or leads):
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
    commands.AnswerInvitation: _answer,
    commands.SetReminders: _remind,
}

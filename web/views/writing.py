"""Completing the record afterwards: notes, decisions, action items and statements, by chair and secretary.

Every wish goes through the rules; a form that was refused comes back with everything that was typed.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import TypeAlias

from aiohttp.web import Request, Response

from server.errors import Refused
from server.meeting import commands
from server.meeting.commands import Command
from server.meeting.facts import Method, StatementKind
from server.meeting.minutes import WRITABLE
from server.meeting.state import Remark
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other
from web.views.meeting import record
from web.views.room import admission_of, phrases

TEXT, WHO, REASON = 4_000, 200, 500
METHODS: tuple[Method, ...] = ("mufakat", "vote", "chair")
KINDS: tuple[StatementKind, ...] = ("statement", "motion", "objection")
Read: TypeAlias = Callable[[Form, Belonging], Command]


class Writing:
    def __init__(self, house: House) -> None:
        self._house = house
        self._acts: Mapping[str, tuple[Read, str]] = {
            "record_decision": (_record_decision, "recorded"),
            "correct_decision": (_correct_decision, "corrected"),
            "withdraw_decision": (_withdraw_decision, "withdrawn"),
            "record_action": (_record_action, "recorded"),
            "correct_action": (_correct_action, "corrected"),
            "withdraw_action": (_withdraw_action, "withdrawn"),
            "record_statement": (_record_statement, "recorded"),
            "correct_statement": (_correct_statement, "corrected"),
            "withdraw_statement": (_withdraw_statement, "withdrawn"),
            "answer_remark": (_answer_remark, "answered"),
        }

    async def show(self, request: Request) -> Response:
        return await self._page(request, await self._may_write(request), Form())

    async def submit(self, request: Request) -> Response:
        one, form = await self._may_write(request), await read_form(request)
        read, done = self._acts.get(form["act"], (None, ""))
        if read is None:
            raise Refused("http.form")
        if await self._house.carried_out(one.state.meeting_id, read(form, one), one.actor, form):
            return see_other(f"/m/{one.state.meeting_id}/record?done={done}#{_anchor(form)}")
        return await self._page(request, await self._may_write(request), form, HTTPStatus.BAD_REQUEST)

    async def _may_write(self, request: Request) -> Belonging:
        """Decisions belong to a meeting that was opened; notes may be prepared before."""
        one = await belonging(request, self._house.services)
        if not one.leads:
            raise Refused("meeting.not_allowed")
        if one.state.status not in ("open", "closed"):
            raise Refused(f"meeting.is_{one.state.status}")
        if one.state.minutes.stage not in WRITABLE:
            raise Refused(f"minutes.is_{one.state.minutes.stage}")
        return one

    async def _page(self, request: Request, one: Belonging, form: Form, status: int = HTTPStatus.OK) -> Response:
        return self._house.pages.page(
            request,
            "writing.html",
            status,
            one=one,
            state=one.state,
            record=record(one.state),
            form=form,
            methods=METHODS,
            kinds=KINDS,
            fresh_id=secrets.token_hex(8),
            notes=await self._notes(request, one),
        )

    async def _notes(self, request: Request, one: Belonging) -> dict[str, object]:
        """NotesPage of web/client/src/pages/record.ts."""
        words, tickets = self._house.words(request), self._house.services.identity.tickets
        now_ms = self._house.services.clock.now_ms()
        return {
            "ticket": tickets.issue(admission_of(one), one.credential, now_ms),
            "language": words.language,
            "meetingId": one.state.meeting_id,
            "personId": one.person.person_id if one.person else "",
            "people": [{"personId": who.person_id, "name": who.name} for who in one.state.people.values()],
            "remarks": [_remark(remark) for remark in one.state.remarks.values() if remark.standing == "open"],
            "phrases": await phrases(self._house),
            "title": one.state.plan.title,
            "chair": next((who.name for who in one.state.people.values() if who.role == "chair"), ""),
            "day": words.day(one.state.opened_ms, one.state.plan.zone),
            "present": sum(person.attended for person in one.state.people.values()),
            "words": words.starting("room.notes.", "room.editor.", "room.remarks", "room.offline", "common."),
        }


def _anchor(form: Form) -> str:
    return f"item-{form['item_id']}" if form["item_id"].isalnum() else "main"


def _record_decision(form: Form, one: Belonging) -> Command:
    text = form.lines("text", TEXT, required="form.decision")
    return commands.RecordDecision(_id(form, "decision_id"), form["item_id"], text, _method(form))


def _correct_decision(form: Form, one: Belonging) -> Command:
    text = form.lines("text", TEXT, required="form.decision")
    return commands.CorrectDecision(_id(form, "decision_id"), text, _method(form))


def _withdraw_decision(form: Form, one: Belonging) -> Command:
    return commands.WithdrawDecision(_id(form, "decision_id"), form.lines("reason", REASON))


def _record_action(form: Form, one: Belonging) -> Command:
    what = form.lines("what", TEXT, required="form.action")
    return commands.RecordAction(_id(form, "action_id"), form["item_id"], what, _who(form, one), form["due"].strip())


def _correct_action(form: Form, one: Belonging) -> Command:
    what = form.lines("what", TEXT, required="form.action")
    return commands.CorrectAction(_id(form, "action_id"), what, _who(form, one), form["due"].strip())


def _withdraw_action(form: Form, one: Belonging) -> Command:
    return commands.WithdrawAction(_id(form, "action_id"), form.lines("reason", REASON))


def _record_statement(form: Form, one: Belonging) -> Command:
    text = form.lines("text", TEXT, required="form.statement")
    what = next((kind for kind in KINDS if kind == form["what"]), None)
    if what is None:
        form.fault("what", "http.form")
    return commands.RecordStatement(
        _id(form, "statement_id"), what or "statement", form["item_id"], _who(form, one, "form.said_by"), text
    )


def _correct_statement(form: Form, one: Belonging) -> Command:
    text = form.lines("text", TEXT, required="form.statement")
    return commands.CorrectStatement(_id(form, "statement_id"), _who(form, one, "form.said_by"), text)


def _withdraw_statement(form: Form, one: Belonging) -> Command:
    return commands.WithdrawStatement(_id(form, "statement_id"), form.lines("reason", REASON))


def _answer_remark(form: Form, one: Belonging) -> Command:
    """The page has taken the words over before, where they are accepted."""
    return commands.AnswerRemark(_id(form, "remark_id"), form["accepted"] == "yes")


def _remark(one: Remark) -> dict[str, object]:
    """Remark of web/client/src/room/model.ts."""
    return {
        "remarkId": one.remark_id,
        "what": one.what,
        "personId": one.person_id,
        "itemId": one.item_id,
        "anchor": one.anchor,
        "head": one.head,
        "quoted": one.quoted,
        "text": one.text,
        "atMs": one.at_ms,
        "standing": one.standing,
    }


def _id(form: Form, name: str) -> str:
    """Made with the page, so that a form sent twice is recorded once."""
    value = form[name]
    if not (0 < len(value) <= 64 and value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
        form.fault(name, "http.form")
    return value


def _method(form: Form) -> Method:
    method = next((one for one in METHODS if one == form["method"]), None)
    if method is None:
        form.fault("method", "form.method")
    return method or "mufakat"


def _who(form: Form, one: Belonging, required: str = "form.who") -> str:
    """A person of the meeting by name, or whoever was written."""
    who = form.text("who", WHO, required=required)
    return next((person.person_id for person in one.state.people.values() if person.name == who), who)

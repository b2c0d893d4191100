"""Answering an invitation: by the link of the mail, without an account, or on the meeting's page.

Looking answers nothing: mail scanners open every link, and only what somebody sends counts.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import get_args

from aiohttp.web import Request, Response

from server.errors import NotFound, Refused
from server.meeting import commands, facts
from server.meeting.commands import Actor
from server.meeting.facts import Answer, Way
from server.meeting.state import Person, State
from web.belonging import Belonging, belonging, linked
from web.forms import Form, read_form
from web.house import House, see_other

NAME_LENGTH = 120
MESSAGE_LENGTH = 1_000
ANSWERS: tuple[Answer, ...] = get_args(facts.Answer)


class Answers:
    def __init__(self, house: House) -> None:
        self._house = house

    # ------------------------------------------------------------ /a/{token}

    async def by_link(self, request: Request) -> Response:
        state, person = await self._of_link(request)
        mail = self._house.services.mail
        # A browser says that it navigates; whoever only fetches the link opened nothing that anybody sees.
        if mail is not None and request.headers.get("Sec-Fetch-Mode") == "navigate":
            await mail.opened(state.meeting_id, person.person_id)
        asked = request.query.get("answer", "")
        return self._page(request, state, person, _filled(state, person, asked), back="")

    async def record_by_link(self, request: Request) -> Response:
        state, person = await self._of_link(request)
        form = await read_form(request)
        if await self._record(form, state, person, Actor(person.person_id), "link"):
            return see_other(f"{request.path}?done=replied")
        return self._page(request, state, person, form, HTTPStatus.BAD_REQUEST, back="")

    async def _of_link(self, request: Request) -> tuple[State, Person]:
        link = await self._house.services.identity.links.open_answer(request.match_info["token"])
        return await linked(self._house.services, link)

    # ------------------------------------------------------------ /m/{meeting_id}/answers/{person_id}

    async def show(self, request: Request) -> Response:
        one, person = await self._of_meeting(request)
        form = _filled(one.state, person, request.query.get("answer", ""))
        return self._page(request, one.state, person, form, back=_back(one, person))

    async def record(self, request: Request) -> Response:
        one, person = await self._of_meeting(request)
        form = await read_form(request)
        if await self._record(form, one.state, person, one.actor, "web"):
            return see_other(f"{_back(one, person)}?done=replied")
        return self._page(request, one.state, person, form, HTTPStatus.BAD_REQUEST, back=_back(one, person))

    async def _of_meeting(self, request: Request) -> tuple[Belonging, Person]:
        """One's own; whoever plans may write down what others told them."""
        one = await belonging(request, self._house.services)
        person = one.state.people.get(request.match_info["person_id"])
        if person is None or not person.invited:
            raise NotFound("meeting.no_person")
        if not one.plans and (one.person is None or one.person.person_id != person.person_id):
            raise Refused("meeting.not_allowed")
        return one, person

    # ------------------------------------------------------------

    async def _record(self, form: Form, state: State, person: Person, actor: Actor, way: Way) -> bool:
        answer = next((one for one in ANSWERS if one == form["answer"]), None)
        name, function = form.text("stand_in_name", NAME_LENGTH), form.text("stand_in_function", NAME_LENGTH)
        message = form.lines("message", MESSAGE_LENGTH)
        if answer is None:
            form.fault("answer", "form.answer")
            return False
        shown = form["starts_ms"]
        starts_ms = int(shown) if shown.isdecimal() and shown.isascii() and len(shown) <= 15 else 0
        wish = commands.AnswerInvitation(person.person_id, answer, starts_ms, way, name, function, message)
        return await self._house.carried_out(state.meeting_id, wish, actor, form)

    def _page(
        self, request: Request, state: State, person: Person, form: Form, status: int = HTTPStatus.OK, *, back: str
    ) -> Response:
        return self._house.pages.page(
            request,
            "answer.html",
            status,
            state=state,
            person=person,
            form=form,
            answers=ANSWERS,
            back=back,
            reply=state.correspondence.replies.get(person.person_id),
        )


def _filled(state: State, person: Person, asked: str) -> Form:
    """What they said last, with the answer that the link asks for."""
    reply = state.correspondence.replies.get(person.person_id)
    typed: dict[str, str] = {"answer": asked if asked in ANSWERS else reply.answer if reply else ""}
    if reply is not None:
        typed |= {
            "stand_in_name": reply.stand_in_name,
            "stand_in_function": reply.stand_in_function,
            "message": reply.message,
        }
    return Form(typed)


def _back(one: Belonging, person: Person) -> str:
    own = one.person is not None and one.person.person_id == person.person_id
    return f"/m/{one.state.meeting_id}" if own else f"/m/{one.state.meeting_id}/invitations"

"""The ways to a meeting from outside: a personal link, the guests' door, and the public's that only watches.

Opening a link shows who it is for; only the reader's own act binds it, so that a mail scanner never takes it.
"""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import Invalid, NotFound, Refused
from server.identity.links import Links
from server.identity.ports import JoinLink
from server.meeting import commands, entering
from server.meeting.commands import Actor
from server.meeting.state import Person, State
from web.belonging import find, linked, standing
from web.forms import Form, read_form
from web.house import House, see_other
from web.security import SignInFirst
from web.views.checkin import CheckIns
from web.views.meeting import may_join

NAME_LENGTH = 120


class Doors:
    def __init__(self, house: House) -> None:
        self._house, self._checkins = house, CheckIns(house)

    @property
    def _own_links(self) -> Links:
        return self._house.services.identity.links

    # ------------------------------------------------------------ /j/{token}

    async def link(self, request: Request) -> Response:
        """Straight to the meeting for whom the link belongs to already; else who it is for, and what to do."""
        link, state, person = await self._open(request)
        reader = self._house.reader(request)
        if person.account_id:
            if reader.account is None:
                raise SignInFirst
            if reader.account_id != person.account_id:
                return self._others(request, state, person)
            return see_other(f"/m/{link.meeting_id}")
        if self._own_links.is_bound_to(link, reader.visitor):
            return see_other(f"/m/{link.meeting_id}")
        if link.bound_hash:
            return self._checkins.take_in(request, link) or self._taken(request, state)
        return self._house.pages.page(request, "link.html", state=state, person=person)

    async def use_link(self, request: Request) -> Response:
        link, state, person = await self._open(request)
        if person.account_id:
            return see_other(request.path)
        try:
            await self._own_links.bind(link, self._house.reader(request).visitor)
        except Refused:
            return self._taken(request, state)
        return see_other(f"/m/{link.meeting_id}")

    async def _open(self, request: Request) -> tuple[JoinLink, State, Person]:
        link = await self._own_links.open(request.match_info["token"])
        return link, *await linked(self._house.services, link)

    def _others(self, request: Request, state: State, person: Person) -> Response:
        return self._house.pages.page(
            request, "link_refused.html", HTTPStatus.FORBIDDEN, state=state, person=person, back=request.path
        )

    def _taken(self, request: Request, state: State) -> Response:
        return self._house.pages.page(
            request, "link_refused.html", HTTPStatus.FORBIDDEN, state=state, person=None, back=request.path
        )

    # ------------------------------------------------------------ /g/{meeting_id}

    async def guest(self, request: Request) -> Response:
        """The same for everybody who knows the address: the meeting's title and time, and a form."""
        one = await find(request, self._house.services)
        if one is None:
            state = await standing(self._house.services, request.match_info["meeting_id"])
            return self._ask(request, state, Form())
        if one.guest is None:
            return see_other(f"/m/{one.state.meeting_id}")
        return self._house.pages.page(request, "guest_waits.html", state=one.state, guest=one.guest, person=one.person)

    async def ask(self, request: Request) -> Response:
        services, reader, form = self._house.services, self._house.reader(request), await read_form(request)
        state = await standing(services, request.match_info["meeting_id"])
        if state.status not in ("planned", "open"):
            raise Refused(f"meeting.is_{state.status}")
        if not state.entry.guests:
            raise Refused("meeting.no_guests")
        name = form.text("name", NAME_LENGTH, required="guest.name")
        function, office = form.text("function", NAME_LENGTH), form.text("office", NAME_LENGTH)
        if not await self._knows_code(state, form, reader.origin.address):
            form.fault("code", "entry.wrong_code")
        if not form.faults:
            try:
                await services.identity.guests.ask(
                    state.meeting_id, reader.visitor, name, function, office, address=reader.origin.address
                )
            except Invalid as error:
                form.refuse(error)
        if form.faults:
            return self._ask(request, state, form, HTTPStatus.BAD_REQUEST)
        return see_other(f"/m/{state.meeting_id}/room")

    async def _knows_code(self, state: State, form: Form, address: str) -> bool:
        code = state.entry.code
        return not code or await self._house.services.identity.guests.knows_code(code, form["code"], address=address)

    # ------------------------------------------------------------ /w/{meeting_id}

    async def public(self, request: Request) -> Response:
        """What whoever has the address of a public session sees before they watch it."""
        one = await find(request, self._house.services)
        now_ms = self._house.services.clock.now_ms()
        if one is not None and may_join(one, now_ms):
            return see_other(f"/m/{one.state.meeting_id}/room")
        state = await self._public(request)
        opens = state.status == "open" or now_ms >= entering.opens_ms(state)
        return self._house.pages.page(
            request, "watch.html", state=state, opens=opens, opens_ms=entering.opens_ms(state)
        )

    async def watch(self, request: Request) -> Response:
        """A nameless observer from now on, known by this browser."""
        services, reader, state = self._house.services, self._house.reader(request), await self._public(request)
        name = self._house.words(request)("common.role.watcher")
        guest = await services.identity.guests.ask(
            state.meeting_id, reader.visitor, name, "", "", address=reader.origin.address
        )
        await services.meetings.submit(state.meeting_id, Actor(), commands.Watch(guest.waiting_id, name))
        return see_other(f"/m/{state.meeting_id}/room")

    async def _public(self, request: Request) -> State:
        """A meeting that is not public is not there."""
        state = await standing(self._house.services, request.match_info["meeting_id"])
        if not state.entry.watch:
            raise NotFound("meeting.unknown")
        return state

    def _ask(self, request: Request, state: State, form: Form, status: int = HTTPStatus.OK) -> Response:
        return self._house.pages.page(request, "guest.html", status, state=state, form=form)

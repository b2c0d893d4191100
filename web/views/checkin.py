"""Checking in at a meeting room with one's own phone: a code that changes every half minute, a page to sign on, and the
way out again. Whoever scanned a fresh code gets a pass that only their own browser can use.

A personal link opens a meeting in one browser only. Who has it open elsewhere (the laptop, say) opens it once more on
the phone that scanned the code: that proves who they are, and lets them check in and out, nothing else.
"""

from __future__ import annotations

import re
from http import HTTPStatus

from aiohttp.web import Request, Response

from server.documents import qr
from server.errors import NotFound, Refused
from server.identity.keys import Signer, token_hash
from server.identity.ports import JoinLink
from server.meeting import commands
from server.meeting.checkin import PAD
from server.meeting.state import Person, State
from web.belonging import Belonging, belonging, standing
from web.forms import Form, read_form
from web.house import House, see_other
from web.security import SignInFirst

WINDOW_MS = 30_000
"""How long one code is shown. It is taken until the next one ends: nobody's camera is that quick."""
PASS_MS = 10 * 60_000
"""So long one may take to sign in and to sign."""
STAYS_MS = 12 * 3_600_000
"""So long somebody who said who they are by a link may check out again, and in."""
MARK = 16  # characters of the signature in a code: 96 bits, and half a minute to find them in
NAME_LENGTH = 120
PENDING, AS = "checkin", "checkin_as"
"""Cookies: the pass of the last code that was scanned, and as whom one checks in by a link that is bound elsewhere."""
SCANNED = re.compile(r"room-\d{1,3}~\d{1,15}~[\w-]{43}")


class CheckIns:
    def __init__(self, house: House) -> None:
        self._house = house
        self._codes = Signer(house.services.secret, "checkin code")
        self._passes = Signer(house.services.secret, "checkin pass")
        self._persons = Signer(house.services.secret, "checkin person")

    @property
    def _now_ms(self) -> int:
        return self._house.services.clock.now_ms()

    # ------------------------------------------------------------ the room's own screen, and who makes rooms

    async def add_room(self, request: Request) -> Response:
        one = await belonging(request, self._house.services)
        if not one.plans:
            raise Refused("meeting.not_allowed")
        form = await read_form(request)
        name = form.text("name", NAME_LENGTH, required="checkin.name")
        if not await self._house.carried_out(one.state.meeting_id, commands.AddRoomDevice(name), one.actor, form):
            raise Refused(form.faults[0].code, **form.faults[0].values)
        return see_other(f"/m/{one.state.meeting_id}?done=room_added")

    async def code(self, request: Request) -> Response:
        """The QR code of this half minute, for the room's device only."""
        one = await belonging(request, self._house.services)
        if one.person is None or one.person.person_id not in one.state.deliberation.rooms:
            raise Refused("meeting.not_allowed")
        code = self._code(one.state.meeting_id, one.person.person_id, self._now_ms // WINDOW_MS)
        picture = qr.svg(self._house.url(request, f"/c/{code}"))
        return Response(text=picture, content_type="image/svg+xml", headers={"Cache-Control": "no-store"})

    def _code(self, meeting_id: str, room_id: str, window: int) -> str:
        mark = self._codes.sign(meeting_id, room_id, str(window))[:MARK]
        return f"{meeting_id}.{room_id}.{window}.{mark}"

    # ------------------------------------------------------------ the phone

    async def scanned(self, request: Request) -> Response:
        """Refused("checkin.expired") for yesterday's photograph of a code, or one that was made up."""
        meeting_id, room_id, window, _ = request.match_info["code"].split(".")
        now = self._now_ms // WINDOW_MS
        if (
            request.match_info["code"] != self._code(meeting_id, room_id, int(window))
            or not 0 <= now - int(window) <= 1
        ):
            raise Refused("checkin.expired")
        until_ms = self._now_ms + PASS_MS
        given = self._pass(request, meeting_id, room_id, until_ms)
        response = see_other(f"/m/{meeting_id}/checkin/{given}")
        self._keep(request, response, PENDING, f"{meeting_id}~{given}", PASS_MS)
        return response

    def _keep(self, request: Request, response: Response, name: str, value: str, ms: int) -> None:
        secure = self._house.reader(request).origin.secure
        response.set_cookie(name, value, max_age=ms // 1000, path="/", secure=secure, httponly=True, samesite="Lax")

    def take_in(self, request: Request, link: JoinLink) -> Response | None:
        """This browser scanned a code of that meeting, and now opens a personal link that belongs to another browser:
        to the page to sign on, as that person. None: it scanned none, or too long ago."""
        meeting_id, _, given = request.cookies.get(PENDING, "").partition("~")
        if meeting_id != link.meeting_id or not SCANNED.fullmatch(given):
            return None
        room_id, until_ms, _ = given.split("~")
        if given != self._pass(request, meeting_id, room_id, int(until_ms)) or int(until_ms) <= self._now_ms:
            return None
        response = see_other(f"/m/{meeting_id}/checkin/{given}")
        until = str(self._now_ms + STAYS_MS)
        self._keep(
            request, response, AS, f"{link.link_id}~{until}~{self._mark(request, meeting_id, link, until)}", STAYS_MS
        )
        return response

    def _mark(self, request: Request, meeting_id: str, link: JoinLink, until: str) -> str:
        return self._persons.sign(*self._marking(request, meeting_id, link, until))

    def _marking(self, request: Request, meeting_id: str, link: JoinLink, until: str) -> tuple[str, ...]:
        visitor = token_hash(self._house.reader(request).visitor)
        return (meeting_id, link.link_id, link.person_id, until, visitor)

    def _pass(self, request: Request, meeting_id: str, room_id: str, until_ms: int) -> str:
        visitor = token_hash(self._house.reader(request).visitor)
        return f"{room_id}~{until_ms}~{self._passes.sign(meeting_id, room_id, str(until_ms), visitor)}"

    async def show(self, request: Request) -> Response:
        """For whom this browser does not know yet: how they say who they are."""
        room_id = self._room(request)
        try:
            one, person = await self._who(request)
        except SignInFirst:
            state = await standing(self._house.services, request.match_info["meeting_id"])
            return self._house.pages.page(
                request, "checkin_who.html", room=state.people.get(room_id), back=request.path
            )
        return self._page(request, one.state, person, room_id)

    async def check_in(self, request: Request) -> Response:
        room_id = self._room(request)
        one, person = await self._who(request)
        form = await read_form(request)
        wish = commands.CheckIn(room_id, form["signature"])
        if await self._house.carried_out(one.state.meeting_id, wish, one.actor, form):
            return see_other(f"/m/{one.state.meeting_id}/checkin?done=checked_in")
        return self._page(request, one.state, person, room_id, form)

    def _room(self, request: Request) -> str:
        """Whose pass this is, and for which room."""
        room_id, until_ms, _ = request.match_info["pass"].split("~")
        whole = self._pass(request, request.match_info["meeting_id"], room_id, int(until_ms))
        if request.match_info["pass"] != whole or int(until_ms) <= self._now_ms:
            raise Refused("checkin.expired")
        return room_id

    # ------------------------------------------------------------ where one is, and out again

    async def status(self, request: Request) -> Response:
        one, person = await self._who(request)
        where = one.state.deliberation.check_ins.get(person.person_id)
        return self._page(request, one.state, person, where.room_id if where else "")

    async def check_out(self, request: Request) -> Response:
        one, _ = await self._who(request)
        await self._house.services.meetings.submit(one.state.meeting_id, one.actor, commands.CheckOut())
        return see_other(f"/m/{one.state.meeting_id}/checkin?done=checked_out")

    async def _who(self, request: Request) -> tuple[Belonging, Person]:
        """Refused("checkin.nobody") for whoever may read the meeting but is not of it."""
        state = await standing(self._house.services, request.match_info["meeting_id"])
        try:
            one = await belonging(request, self._house.services)
        except (SignInFirst, NotFound):
            person = await self._marked(request, state)
            if person is None:
                raise
            one = Belonging(self._house.reader(request), state, person, "")
        if one.person is None or one.person.person_id in one.state.deliberation.rooms:
            raise Refused("checkin.nobody")
        return one, one.person

    async def _marked(self, request: Request, state: State) -> Person | None:
        """Whoever opened their personal link on this phone after scanning; the link must still hold."""
        link_id, until, mark = (*request.cookies.get(AS, "").split("~"), "", "", "")[:3]
        if not (until.isascii() and until.isdigit() and len(until) < 16 and int(until) > self._now_ms):
            return None
        link = await self._house.services.identity.links.standing(link_id)
        if link is None or link.meeting_id != state.meeting_id:
            return None
        fits = self._persons.fits(mark, *self._marking(request, state.meeting_id, link, until))
        person = state.people.get(link.person_id)
        return person if fits and person is not None and not person.account_id else None

    def _page(self, request: Request, state: State, person: Person, room_id: str, form: Form | None = None) -> Response:
        where = state.deliberation.check_ins.get(person.person_id)
        room = state.people.get(room_id)
        here = where is not None and where.room_id == room_id
        since_ms = state.deliberation.marks[where.mark_id].from_ms if where else 0
        return self._house.pages.page(
            request,
            "checkin.html",
            HTTPStatus.BAD_REQUEST if form else HTTPStatus.OK,
            state=state,
            person=person,
            room=room,
            here=here,
            since_ms=since_ms,
            pad=PAD,
            form=form or Form(),
        )

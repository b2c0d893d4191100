"""How one comes into a meeting: who walks in, who waits, what guests have to know, and whether the public may watch."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import Refused
from server.meeting import commands
from server.meeting.entering import MOST_MINUTES, MOST_PEOPLE
from server.meeting.facts import Direct
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other

DIRECT: tuple[Direct, ...] = ("invited", "leaders", "anyone")
CODE_LENGTH = 12


class Entry:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        one = await self._planner(request)
        entry = one.state.entry
        typed = {
            "direct": entry.direct,
            "guests": "on" if entry.guests else "",
            "code": entry.code,
            "limit": str(entry.limit or ""),
            "early_min": str(entry.early_min),
            "watch": "on" if entry.watch else "",
        }
        return self._page(request, one, Form(typed))

    async def save(self, request: Request) -> Response:
        one, form = await self._planner(request), await read_form(request)
        wish = commands.SetEntry(
            next((name for name in DIRECT if name == form["direct"]), "invited"),
            guests=bool(form["guests"]),
            code=form.text("code", CODE_LENGTH),
            limit=_number(form, "limit", "entry.limit", MOST_PEOPLE),
            early_min=_number(form, "early_min", "entry.early", MOST_MINUTES),
            watch=bool(form["watch"]),
        )
        if not await self._house.carried_out(one.state.meeting_id, wish, one.actor, form):
            return self._page(request, one, form, HTTPStatus.BAD_REQUEST)
        return see_other(f"/m/{one.state.meeting_id}/entry?done=entry_set")

    async def _planner(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if not one.plans:
            raise Refused("meeting.not_allowed")
        if one.state.status not in ("planned", "open"):
            raise Refused(f"meeting.is_{one.state.status}")
        return one

    def _page(self, request: Request, one: Belonging, form: Form, status: int = HTTPStatus.OK) -> Response:
        meeting_id = one.state.meeting_id
        return self._house.pages.page(
            request,
            "entry.html",
            status,
            one=one,
            state=one.state,
            form=form,
            direct=DIRECT,
            guest_link=self._house.url(request, f"/g/{meeting_id}"),
            watch_link=self._house.url(request, f"/w/{meeting_id}"),
        )


def _number(form: Form, name: str, code: str, most: int) -> int:
    """ "" is none of it."""
    typed = form[name].strip()
    if not typed:
        return 0
    if not (typed.isascii() and typed.isdigit() and int(typed) <= most):
        form.fault(name, code, most=most)
        return 0
    return int(typed)

"""What is kept how long: the list of what is destroyed when, and a meeting's schedule and legal hold."""

from __future__ import annotations

import asyncio

from aiohttp.web import Request, Response

from server.errors import Invalid, NotFound, Refused
from server.meeting import commands
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other
from web.ports import Retention
from web.views.papers import disposition

ROWS = 100
REASON = 500


class RetentionPages:
    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def _retention(self) -> Retention:
        return self._house.services.retention

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        rows = await self._retention.coming(ROWS)
        reports = await asyncio.to_thread(self._retention.reports)
        return self._house.pages.page(
            request,
            "admin_retention.html",
            rows=rows,
            schedules=self._retention.schedules,
            usual=self._retention.usual,
            reports=[one.name for one in reports],
            now_ms=self._house.services.clock.now_ms(),
        )

    async def report(self, request: Request) -> Response:
        self._house.administrator(request)
        name = request.match_info["name"]
        for one in await asyncio.to_thread(self._retention.reports):
            if one.name == name:
                text = await asyncio.to_thread(one.read_text, "utf-8")
                headers = {"Content-Disposition": disposition(name)}
                return Response(text=text, content_type="text/plain", charset="utf-8", headers=headers)
        raise NotFound("not_found")

    # ------------------------------------------------------------ one meeting

    async def of_meeting(self, request: Request) -> Response:
        return self._page(request, await self._may(request), Form())

    async def change(self, request: Request) -> Response:
        one, form = await self._may(request), await read_form(request)
        wish, done = self._wish(form, one)
        if await self._house.carried_out(one.state.meeting_id, wish, one.actor, form):
            return see_other(f"/m/{one.state.meeting_id}/retention?done={done}")
        return self._page(request, one, form, 400)

    def _wish(self, form: Form, one: Belonging) -> tuple[commands.Command, str]:
        if form["act"] == "hold":
            held = not one.state.keeping.hold
            reason = form.lines("reason", REASON, required="form.reason")
            return commands.SetHold(held, reason), "hold_set" if held else "hold_lifted"
        if form["schedule"] not in {"", *(each.name for each in self._retention.schedules)}:
            raise Invalid("http.form")
        return commands.SetSchedule(form["schedule"]), "schedule_set"

    async def _may(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if not one.reader.plans:
            raise Refused("meeting.not_allowed")
        return one

    def _page(self, request: Request, one: Belonging, form: Form, status: int = 200) -> Response:
        return self._house.pages.page(
            request,
            "retention.html",
            status,
            state=one.state,
            form=form,
            schedules=self._retention.schedules,
            usual=self._retention.usual,
        )

"""Planning the next meeting of a series: when it is to be is asked, all else is taken from the one before."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from zoneinfo import ZoneInfo

from aiohttp.web import Request, Response

from server.errors import BalaiError, Refused
from server.meeting import series
from server.meeting.commands import Actor
from server.meeting.lasting import open_actions
from server.meeting.series import Beginning
from web import i18n
from web.addressees import AddressBook
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other

WEEK = timedelta(days=7)


class SeriesPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        one = await self._may(request)
        plan = one.state.plan
        starts, ends = i18n.local(plan.starts_ms, plan.zone), i18n.local(plan.ends_ms, plan.zone)
        day = starts.date() + WEEK
        today = i18n.local(self._house.services.clock.now_ms(), plan.zone).date()
        while day <= today:
            day += WEEK
        typed = {"date": day.isoformat(), "start": f"{starts:%H:%M}", "end": f"{ends:%H:%M}", "approval": "yes"}
        return self._page(request, one, Form(typed))

    async def create(self, request: Request) -> Response:
        one, form = await self._may(request), await read_form(request)
        starts_ms, ends_ms = (_moment(form, name, one.state.plan.zone) for name in ("start", "end"))
        words = self._house.pages.catalogues.words(self._house.services.office.language)
        beginning = Beginning(words("page.series.approval_item") if form["approval"] else "", words("page.series.item"))
        actor = Actor(account_id=one.reader.account_id, office_role=one.reader.office_role)
        meetings = self._house.services.meetings
        try:
            if form.faults:
                return self._page(request, one, form, HTTPStatus.BAD_REQUEST)
            wanted = series.next_plan(one.state, starts_ms, ends_ms, beginning)
            invitees = (await self._book(form["date"])).at_day(wanted.invitees)
            meeting_id = await meetings.plan(replace(wanted, invitees=invitees), actor)
            for wish in (series.rules_of(one.state), series.follow(one.state, beginning)):
                await meetings.submit(meeting_id, actor, wish)
        except BalaiError as error:
            form.refuse(error)
            return self._page(request, one, form, HTTPStatus.BAD_REQUEST)
        return see_other(f"/m/{meeting_id}?done=next_planned")

    async def _book(self, day: str) -> AddressBook:
        identity = self._house.services.identity
        return AddressBook.of(await identity.accounts.all(), await identity.offices.directory(), day)

    async def _may(self, request: Request) -> Belonging:
        """Who makes meetings for the office, once there is something to follow."""
        one = await belonging(request, self._house.services)
        if not one.reader.plans:
            raise Refused("meeting.not_allowed")
        if one.state.status not in ("open", "closed"):
            raise Refused(f"meeting.is_{one.state.status}")
        return one

    def _page(self, request: Request, one: Belonging, form: Form, status: int = HTTPStatus.OK) -> Response:
        carried = open_actions(one.state)
        return self._house.pages.page(request, "series.html", status, state=one.state, form=form, carried=carried)


def _moment(form: Form, name: str, zone: str) -> int:
    try:
        at = datetime.combine(date.fromisoformat(form["date"]), time.fromisoformat(form[name].replace(".", ":")))
        return round(at.replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)
    except (ValueError, OverflowError):
        form.fault(name if form["date"] else "date", "form.time")
        return 0

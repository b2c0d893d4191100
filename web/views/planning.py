"""Making a meeting, planning it anew and cancelling it: one form, in which nothing typed is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Literal

from aiohttp.web import Request, Response

from server.errors import BalaiError, Refused
from server.identity.offices.records import Directory
from server.identity.ports import Account
from server.meeting import commands
from server.meeting.commands import Actor
from server.meeting.deliberation import Procedure
from server.meeting.quorum import PRESETS
from server.meeting.state import State
from web import i18n
from web.addressees import AddressBook
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other
from web.views import plan_check, plan_form, recurrence_form
from web.views.letter_preview import LetterPreview
from web.views.plan_form import PlanForm

REASON_LENGTH = 500


class Planning:
    def __init__(self, house: House) -> None:
        self._house = house
        self._drafts = LetterPreview(house.services)

    # ------------------------------------------------------------ a new one

    async def new(self, request: Request) -> Response:
        reader = self._house.planner(request)
        services = self._house.services
        form = plan_form.empty(services.office.zone, services.clock.now_ms(), reader.account)
        return await self._page(request, form, None)

    async def create(self, request: Request) -> Response:
        reader = self._house.planner(request)
        form = plan_form.read(await read_form(request))
        book = await self._book(request, None, form.form)
        if form.more:
            return await self._page(request, form, None)
        wish, quorum = form.wish(book, None), form.rules(Procedure())
        rule = recurrence_form.rule(form.form, _first(wish)) if wish is not None else None
        if wish is not None and not form.form.faults:
            actor = Actor(account_id=reader.account_id, office_role=reader.office_role)
            try:
                meeting_id = await self._house.services.meetings.plan(wish, actor)
                if rule is not None:
                    await self._house.services.series.begin(meeting_id, rule, actor)
                if quorum is not None:
                    await self._house.services.meetings.submit(meeting_id, actor, quorum)
            except BalaiError as error:
                form.form.refuse(error)
            else:
                return see_other(f"/m/{meeting_id}?done=created")
        return await self._page(request, form, None, HTTPStatus.BAD_REQUEST)

    # ------------------------------------------------------------ anew

    async def edit(self, request: Request) -> Response:
        one = await self._may_plan(request)
        book = await self._book(request, one.state, Form())
        return await self._page(request, plan_form.of_state(one.state, book), one.state)

    async def save(self, request: Request) -> Response:
        one = await self._may_plan(request)
        form = plan_form.read(await read_form(request))
        book = await self._book(request, one.state, form.form)
        if form.more:
            return await self._page(request, form, one.state)
        wish, quorum = form.wish(book, one.state), form.rules(one.state.deliberation.procedure)
        if wish is not None and not form.form.faults:
            try:
                if quorum is not None:
                    await self._house.services.meetings.submit(one.state.meeting_id, one.actor, quorum)
                await self._saved(one, wish, form.form["scope"] == "following")
            except BalaiError as error:
                form.form.refuse(error)
            else:
                await self._end_links(one, wish)
                return see_other(f"/m/{one.state.meeting_id}?done=saved")
        return await self._page(request, form, one.state, HTTPStatus.BAD_REQUEST)

    async def _saved(self, one: Belonging, wish: commands.PlanMeeting, following: bool) -> None:
        """This meeting alone, or with all that follow in its series."""
        if following and (one.state.recurring.series or one.state.recurring.series_id):
            await self._house.services.series.change_from(one.state.meeting_id, wish, one.actor)
        else:
            await self._house.services.meetings.submit(one.state.meeting_id, one.actor, wish)

    async def _end_links(self, one: Belonging, wish: commands.PlanMeeting) -> None:
        """Whoever is no longer invited, or is somebody else now, has no link any more."""
        kept = {invitee.person_id: (invitee.name, invitee.email, invitee.account_id) for invitee in wish.invitees}
        for person in one.state.people.values():
            if not person.invited or kept.get(person.person_id) == (person.name, person.email, person.account_id):
                continue
            await self._house.services.identity.links.renew(one.state.meeting_id, person.person_id)
        await self._house.services.doors.look_again()

    # ------------------------------------------------------------ looked at beforehand

    async def draft_new(self, request: Request) -> Response:
        reader = self._house.planner(request)
        return await self._draft(request, None, Actor(account_id=reader.account_id, office_role=reader.office_role))

    async def draft(self, request: Request) -> Response:
        one = await self._may_plan(request)
        return await self._draft(request, one.state, one.actor)

    async def _draft(self, request: Request, state: State | None, actor: Actor) -> Response:
        """The letter as the form has it by now, as a picture or a PDF."""
        form = plan_form.read(await read_form(request))
        wish = form.draft(await self._book(request, state, form.form), state)
        language = self._house.services.office.language
        kind: Literal["png", "pdf"] = "png" if request.match_info["form"] == "png" else "pdf"
        return await self._drafts.answer(self._drafts.planned(state, wish, actor), language, kind)

    async def check_new(self, request: Request) -> Response:
        self._house.planner(request)
        return await self._check(request, None)

    async def check(self, request: Request) -> Response:
        one = await self._may_plan(request)
        return await self._check(request, one.state)

    async def _check(self, request: Request, state: State | None) -> Response:
        """What a planner should know of the plan as it is typed, a line each."""
        form = plan_form.read(await read_form(request))
        wish = form.draft(await self._book(request, state, form.form), state)
        if state is None:
            rule = recurrence_form.rule(form.form, _first(wish))
        else:
            rule = state.recurring.series.rule if state.recurring.series and form.form["scope"] == "following" else None
        planned = plan_check.Planned(wish, rule, state.meeting_id if state else "")
        services, words = self._house.services, self._house.words(request)
        found = await plan_check.lines(services, self._house.reader(request), words, planned)
        return Response(text="\n".join(found))

    # ------------------------------------------------------------ not at all

    async def cancel_page(self, request: Request) -> Response:
        one = await self._may_plan(request)
        return self._cancel(request, one.state, Form())

    async def cancel(self, request: Request) -> Response:
        one = await self._may_plan(request)
        form = await read_form(request)
        reason = form.lines("reason", REASON_LENGTH, required="form.reason")
        if form.faults:
            return self._cancel(request, one.state, form, HTTPStatus.BAD_REQUEST)
        series = self._house.services.series
        end = series.cancel_from if form["scope"] == "following" else series.cancel_one
        await end(one.state.meeting_id, reason, one.actor)
        return see_other(f"/m/{one.state.meeting_id}?done=cancelled")

    def _cancel(self, request: Request, state: State, form: Form, status: int = HTTPStatus.OK) -> Response:
        return self._house.pages.page(request, "cancel.html", status, state=state, form=form)

    # ------------------------------------------------------------

    async def _may_plan(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if not one.plans:
            raise Refused("meeting.not_allowed")
        return one

    async def _page(
        self, request: Request, form: PlanForm, state: State | None, status: int = HTTPStatus.OK
    ) -> Response:
        book = await self._book(request, state, form.form)
        suggested = [one for one in book.accounts.values() if one.active]
        return self._house.pages.page(
            request,
            "plan.html",
            status,
            plan=form,
            form=form.form,
            state=state,
            accounts=suggested,
            told={row["ref"]: told for row in form.people if (told := book.tell(row["ref"]))},
            presets=(*PRESETS, plan_form.OWN),
            quorums=plan_form.QUORUMS,
        )

    async def _accounts(self, request: Request, state: State | None) -> Sequence[Account]:
        """Whom a row may name: everybody of the office, for those who have an account here themselves; a chair or
        secretary from outside learns nobody's name that is not in the meeting already."""
        accounts = await self._house.services.identity.accounts.all()
        if self._house.reader(request).account is not None:
            return accounts
        invited = {one.account_id for one in state.people.values()} if state else set[str]()
        return [one for one in accounts if one.account_id in invited]

    async def _book(self, request: Request, state: State | None, form: Form) -> AddressBook:
        """Whom rows may name on the day that the form says; posts and people of the directory only for those of the
        office."""
        accounts, services = await self._accounts(request, state), self._house.services
        known = self._house.reader(request).account is not None
        directory = await services.identity.offices.directory() if known else Directory()
        day = plan_form.meeting_day(form)
        if not day:
            at_ms = state.plan.starts_ms if state else services.clock.now_ms()
            day = i18n.local(at_ms, state.plan.zone if state else services.office.zone).date().isoformat()
        usable = accounts if state else [one for one in accounts if one.active]
        return AddressBook.of(usable, directory, day)


def _first(wish: commands.PlanMeeting) -> date:
    return i18n.local(wish.starts_ms, wish.zone).date()

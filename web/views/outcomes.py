"""Decisions and action items of all meetings that the reader may see: listed, sorted, exported, marked as done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal, cast, get_args

from aiohttp.web import Request, Response

from server.documents.render_table import book_bytes, csv_bytes
from server.documents.sheet import Table
from server.errors import BalaiError, NotFound
from server.meeting import commands, roles
from server.meeting.commands import SERVER
from server.meeting.finding import DecisionLine, DecisionWish, Order, Scope, State, Task, TaskWish
from web import i18n
from web.belonging import standing
from web.forms import Form, read_form
from web.house import House, see_other
from web.reader import Reader
from web.views.home import page_number
from web.views.papers import TYPES, disposition
from web.views.search import midnight_ms

ROWS = 50
MOST = 20_000  # rows of one export
REMARK = 500
SCOPES: tuple[Scope, ...] = get_args(Scope)
STATES: tuple[State, ...] = get_args(State)
ORDERS: tuple[Order, ...] = get_args(Order)


class OutcomesPage:
    def __init__(self, house: House) -> None:
        self._house = house

    # ------------------------------------------------------------ action items

    async def tasks(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        return await self._tasks_page(request, reader, Form())

    async def _tasks_page(self, request: Request, reader: Reader, form: Form, status: int = 200) -> Response:
        wish, page = self._task_wish(request, reader), page_number(request.query.get("page", "1"))
        rows = await self._house.services.outcomes.tasks(_paged(wish, (page - 1) * ROWS, ROWS + 1))
        shown = rows[:ROWS]
        return self._house.pages.page(
            request,
            "tasks.html",
            status,
            wish=wish,
            rows=shown,
            led=await self._led(reader, shown),
            mine=reader.account_id,
            scopes=SCOPES if reader.account and reader.account.office else ("mine", "all"),
            states=STATES,
            orders=ORDERS,
            form=form,
            page=page,
            more=len(rows) > ROWS,
            query=_query(wish),
        )

    async def _led(self, reader: Reader, rows: Sequence[Task]) -> frozenset[str]:
        """Meetings that the reader leads: there they say themselves what is done, and confirm what is reported."""
        return await self._house.services.outcomes.led_by(reader.account_id, {one.meeting_id for one in rows})

    async def settle(self, request: Request) -> Response:
        """Done, with a remark, or open again; the meetings that carry the action item are told. What its responsible
        person says is a report, which chair or secretary confirm."""
        reader, form = self._house.signed_in(request), await read_form(request)
        meeting_id, action_id = form["meeting_id"], form["action_id"]
        remark = form.lines("remark", REMARK)
        done = form["act"] != "reopen"
        wish = commands.FinishAction(action_id, remark) if done else commands.ReopenAction(action_id, remark)
        state = await standing(self._house.services, meeting_id)
        person = state.person_of_account(reader.account_id)
        if person is None:
            raise NotFound("meeting.unknown")
        actor = commands.Actor(person.person_id, account_id=reader.account_id, office_role=reader.office_role)
        if not await self._house.carried_out(meeting_id, wish, actor, form):
            return await self._tasks_page(request, reader, form, 400)
        query = _query(self._task_wish(request, reader))
        if done and person.role not in roles.LEADERS:
            return see_other(f"/tasks?{query}&done=task_reported")
        for later_id in await self._house.services.outcomes.carrying(meeting_id, action_id):
            try:
                settled = commands.SettleCarried(meeting_id, action_id, done, remark)
                await self._house.services.meetings.submit(later_id, SERVER, settled)
            except BalaiError:
                continue  # its minutes are approved already: they say what was true then
        return see_other(f"/tasks?{query}&done={'task_done' if done else 'task_reopened'}")

    async def export_tasks(self, request: Request) -> Response:
        reader, words = self._house.signed_in(request), self._house.words(request)
        wish = self._task_wish(request, reader)
        rows = await self._house.services.outcomes.tasks(_paged(wish, 0, MOST))
        names = ("meeting", "number", "what", "who", "office", "due", "state", "remark")
        cells = tuple(
            (
                one.title,
                str(one.number),
                one.what,
                one.who,
                one.office,
                one.due,
                words(f"page.tasks.state_of.{_state_of(one, wish.today)}"),
                one.remark,
            )
            for one in rows
        )
        table = Table(
            tuple(words(f"page.tasks.column.{name}") for name in names), (30, 6, 45, 22, 22, 12, 12, 30), cells
        )
        return await self._file(request, words("page.tasks.title"), table)

    def _task_wish(self, request: Request, reader: Reader) -> TaskWish:
        query, services = request.query, self._house.services
        today = i18n.local(services.clock.now_ms(), services.office.zone).date().isoformat()
        return TaskWish(
            None if reader.plans else reader.account_id,
            today,
            cast(Scope, _one_of(query.get("scope", ""), SCOPES)),
            reader.account_id,
            reader.account.office if reader.account else "",
            cast(State, _one_of(query.get("state", ""), STATES)),
            cast(Order, _one_of(query.get("sort", ""), ORDERS)),
        )

    # ------------------------------------------------------------ decisions

    async def decisions(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        page = page_number(request.query.get("page", "1"))
        typed = {name: request.query.get(name, "")[:10] for name in ("from", "to", "all")}
        rows = await self._house.services.outcomes.decisions(
            self._decision_wish(typed, reader, (page - 1) * ROWS, ROWS + 1)
        )
        query = "&".join(f"{name}={one}" for name, one in typed.items() if one.replace("-", "").isalnum())
        return self._house.pages.page(
            request, "decisions.html", rows=rows[:ROWS], typed=typed, page=page, more=len(rows) > ROWS, query=query
        )

    async def export_decisions(self, request: Request) -> Response:
        reader, words = self._house.signed_in(request), self._house.words(request)
        typed = {name: request.query.get(name, "")[:10] for name in ("from", "to", "all")}
        rows = await self._house.services.outcomes.decisions(self._decision_wish(typed, reader, 0, MOST))
        names = ("meeting", "date", "number", "text", "method", "state")
        cells = tuple(
            (
                one.title,
                i18n.local(one.at_ms, one.zone).date().isoformat(),
                str(one.number),
                one.text,
                words(f"common.method.{one.method}"),
                words(f"page.decisions.state.{_standing_of(one)}"),
            )
            for one in rows
        )
        table = Table(tuple(words(f"page.decisions.column.{name}") for name in names), (30, 12, 6, 60, 16, 16), cells)
        return await self._file(request, words("page.decisions.title"), table)

    def _decision_wish(self, typed: dict[str, str], reader: Reader, offset: int, limit: int) -> DecisionWish:
        zone = self._house.services.office.zone
        return DecisionWish(
            None if reader.plans else reader.account_id,
            midnight_ms(typed["from"], zone, 0),
            midnight_ms(typed["to"], zone, 1),
            typed["all"] == "yes",
            offset,
            limit,
        )

    async def _file(self, request: Request, title: str, table: Table) -> Response:
        form = cast(Literal["csv", "xlsx"], request.match_info["form"])
        now_ms, office = self._house.services.clock.now_ms(), self._house.services.office
        body = csv_bytes(table) if form == "csv" else book_bytes(title, office.name, now_ms, table)
        await self._house.services.identity.audit.record("document_downloaded", document=request.path[1:])
        day = i18n.local(now_ms, office.zone).date().isoformat()
        headers = {"Content-Type": TYPES[form], "Content-Disposition": disposition(f"{title} {day}.{form}")}
        return Response(body=body, headers=headers)


def _state_of(one: Task, today: str) -> str:
    return "done" if one.done_ms else "reported" if one.reported_ms else "overdue" if one.is_overdue(today) else "open"


def _standing_of(one: DecisionLine) -> str:
    return "withdrawn" if one.withdrawn else "approved" if one.approved else "draft"


def _one_of(wanted: str, known: Sequence[str]) -> str:
    return wanted if wanted in known else known[0]


def _paged(wish: TaskWish, offset: int, limit: int) -> TaskWish:
    return replace(wish, offset=offset, limit=limit)


def _query(wish: TaskWish) -> str:
    return f"scope={wish.scope}&state={wish.state}&sort={wish.order}"

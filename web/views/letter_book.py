"""The book of outgoing letters (buku agenda surat keluar): looked through, exported, and numbers reserved in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from http import HTTPStatus
from typing import Literal, cast, get_args
from urllib.parse import urlencode

from aiohttp.web import Request, Response

from server.documents.render_table import book_bytes, csv_bytes
from server.documents.sheet import Table
from server.errors import BalaiError
from server.meeting.finding import LetterLine, LetterStatus, LetterWish
from web import i18n
from web.forms import Form, read_form
from web.house import House, see_other
from web.i18n import Words
from web.views.home import page_number
from web.views.papers import TYPES, disposition

ROWS, MOST = 50, 10_000
ABOUT, WORDS = 200, 80
COLUMNS = ("counter", "number", "date", "to", "about", "register", "state")


class LetterBook:
    """For those who plan meetings for the office."""

    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.planner(request)
        form = Form({"dated": self._today().isoformat(), "register_id": request.query.get("register", "")})
        return await self._page(request, form)

    async def reserve(self, request: Request) -> Response:
        self._house.planner(request)
        form = await read_form(request)
        about = form.text("about", ABOUT, required="letter.about")
        try:
            day = date.fromisoformat(form["dated"])
        except ValueError:
            day = self._today()
            form.fault("dated", "form.date")
        if abs((day - self._today()).days) > 366:
            form.fault("dated", "invitation.dated")
        services = self._house.services
        if not form.faults:
            try:
                number = await services.registers.reserve(form["register_id"][:64], day, about, services.clock.now_ms())
            except BalaiError as error:
                form.refuse(error)
            else:
                query = urlencode({"register": form["register_id"], "words": number, "done": "number_reserved"})
                return see_other(f"/letters?{query}")
        return await self._page(request, form, HTTPStatus.BAD_REQUEST)

    async def export(self, request: Request) -> Response:
        self._house.planner(request)
        words, services = self._house.words(request), self._house.services
        names = {one.register_id: one.name for one in await services.registers.all()}
        rows = await services.registers.book(_wish(request, 0, MOST))
        headers = tuple(words(f"page.letters.column.{name}") for name in COLUMNS)
        table = Table(headers, (6, 28, 12, 40, 40, 16, 12), tuple(_cells(one, names, words) for one in reversed(rows)))
        form = cast(Literal["csv", "xlsx"], request.match_info["form"])
        title, now_ms = words("page.letters.title"), services.clock.now_ms()
        body = csv_bytes(table) if form == "csv" else book_bytes(title, services.office.name, now_ms, table)
        await services.identity.audit.record("document_downloaded", document=request.path[1:])
        name = disposition(f"{title} {self._today().isoformat()}.{form}")
        return Response(body=body, headers={"Content-Type": TYPES[form], "Content-Disposition": name})

    def _today(self) -> date:
        services = self._house.services
        return i18n.local(services.clock.now_ms(), services.office.zone).date()

    async def _page(self, request: Request, form: Form, status: int = HTTPStatus.OK) -> Response:
        registers = self._house.services.registers
        page = page_number(request.query.get("page", "1"))
        wish = _wish(request, (page - 1) * ROWS, ROWS + 1)
        rows = await registers.book(wish)
        years: Sequence[int] = await registers.years()
        asked = {"register": wish.register_id, "year": str(wish.year or ""), "state": wish.status, "words": wish.words}
        return self._house.pages.page(
            request,
            "letters.html",
            status,
            rows=rows[:ROWS],
            more=len(rows) > ROWS,
            page=page,
            registers=await registers.all(),
            years=years,
            states=get_args(LetterStatus),
            asked=asked,
            query=urlencode(asked),
            form=form,
        )


def _wish(request: Request, offset: int, limit: int) -> LetterWish:
    query = request.query
    year = query.get("year", "")
    known: tuple[LetterStatus, ...] = get_args(LetterStatus)
    status = next((one for one in known if one == query.get("state")), None)
    return LetterWish(
        query.get("register", "")[:64],
        int(year) if year.isascii() and year.isdigit() and len(year) == 4 else 0,
        status or "",
        " ".join(query.get("words", "")[:WORDS].replace("\0", "").split()),
        offset,
        limit,
    )


def addressees(one: LetterLine, words: Words) -> str:
    return words("page.letters.and_others", first=one.to, count=one.count - 1) if one.count > 1 else one.to


def _cells(one: LetterLine, names: dict[str, str], words: Words) -> tuple[str, ...]:
    return (
        str(one.counter or ""),
        one.number,
        one.dated,
        addressees(one, words),
        one.about,
        names.get(one.register_id, words("page.letters.typed")),
        words(f"page.letters.state.{one.status}"),
    )

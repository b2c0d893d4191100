"""The people of the directory as administrators look after them: found, made, changed, joined with an account."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import NotFound
from server.identity.keys import new_id
from server.identity.offices import finding, tenure, tree
from server.identity.offices.records import Directory, Official
from server.identity.ports import Account
from web.forms import Form, read_form
from web.house import House, see_other
from web.views.home import page_number
from web.views.offices import changed, today

NAME, PHONE, EMAIL = 120, 40, 254
ROWS = 50


class OfficialPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def list(self, request: Request) -> Response:
        self._house.administrator(request)
        directory, day = await self._directory(), today(self._house)
        find, page = request.query.get("find", "")[:100].strip(), page_number(request.query.get("page", "1"))
        found = finding.officials(directory, find)
        shown = found[(page - 1) * ROWS : page * ROWS]
        rows = [(one, finding.described(directory, one.official_id, day)) for one in shown]
        return self._house.pages.page(
            request, "admin_officials.html", rows=rows, find=find, page=page, more=len(found) > page * ROWS,
            total=len(directory.officials),
        )  # fmt: skip

    async def new(self, request: Request) -> Response:
        self._house.administrator(request)
        return await self._page(request, Form(), None)

    async def create(self, request: Request) -> Response:
        self._house.administrator(request)
        form = await read_form(request)
        official = await self._read(form, Official(new_id(), ""))
        if await self._saved(form, official):
            return see_other(f"/admin/officials/{official.official_id}?done=official_saved")
        return await self._page(request, form, None, HTTPStatus.BAD_REQUEST)

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        official = wanted_official(request, await self._directory())
        accounts = {one.account_id: one for one in await self._house.services.identity.accounts.all()}
        joined = accounts.get(official.account_id)
        typed = {name: str(getattr(official, name)) for name in ("name", "rank", "nip", "email", "phone")}
        typed |= {"login": joined.login if joined else ""} | ({"closed": "yes"} if official.closed else {})
        return await self._page(request, Form(typed), official)

    async def save(self, request: Request) -> Response:
        self._house.administrator(request)
        standing, form = wanted_official(request, await self._directory()), await read_form(request)
        official = await self._read(form, standing)
        if await self._saved(form, official):
            return see_other(f"/admin/officials/{official.official_id}?done=official_saved")
        return await self._page(request, form, standing, HTTPStatus.BAD_REQUEST)

    async def _saved(self, form: Form, official: Official) -> bool:
        def work(directory: Directory) -> Directory:
            return tree.put_official(directory, official)

        return await changed(self._house, form, work, official.name, official.account_id)

    async def _read(self, form: Form, standing: Official) -> Official:
        login = form.text("login", NAME)
        account_id = await self._house.services.identity.accounts.id_of(login)
        if login and not account_id:
            form.fault("login", "offices.no_such_account", login=login)
        return Official(
            standing.official_id,
            form.text("name", NAME, required="offices.person_name"),
            form.text("rank", NAME),
            "".join(form["nip"].split()),
            form.text("email", EMAIL),
            form.text("phone", PHONE),
            account_id,
            standing.photo,
            bool(form["closed"]),
        )

    async def _page(
        self, request: Request, form: Form, official: Official | None, status: int = HTTPStatus.OK
    ) -> Response:
        directory = await self._directory()
        terms = tenure.terms_of_official(directory, official.official_id) if official else []
        accounts: Sequence[Account] = await self._house.services.identity.accounts.all(active_only=True)
        taken = {one.account_id for one in directory.officials.values() if one is not official}
        return self._house.pages.page(
            request,
            "admin_official.html",
            status,
            form=form,
            official=official,
            terms=[(one, directory.posts[one.post_id], _unit_name(directory, one.post_id)) for one in terms],
            accounts=[one for one in accounts if one.account_id not in taken],
            day=today(self._house),
            designation=tenure.designation,
        )

    async def _directory(self) -> Directory:
        return await self._house.services.identity.offices.directory()


def wanted_official(request: Request, directory: Directory) -> Official:
    official = directory.officials.get(request.match_info["official_id"])
    if official is None:
        raise NotFound("offices.official")
    return official


def _unit_name(directory: Directory, post_id: str) -> str:
    return directory.units[directory.posts[post_id].unit_id].name

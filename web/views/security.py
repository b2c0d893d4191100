"""Administration of signing in: who must have a second factor, and every session there is."""

from __future__ import annotations

from aiohttp.web import Request, Response

from server.errors import NotFound
from server.identity.accounts import ROLES
from web.forms import read_form
from web.house import House, see_other

PER_PAGE = 100


class SecurityPages:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._house.administrator(request)
        identity = self._house.services.identity
        number = int(page) if (page := request.query.get("page", "")).isdecimal() and 0 < len(page) < 6 else 1
        found = await identity.sessions.every(PER_PAGE + 1, (max(number, 1) - 1) * PER_PAGE)
        names = {one.account_id: one for one in await identity.accounts.all()}
        rows = [(one, names[one.account_id]) for one in found[:PER_PAGE]]
        return self._house.pages.page(
            request, "admin_security.html", rows=rows, page=max(number, 1), more=len(found) > PER_PAGE,
            roles=ROLES, required=await identity.factors.required_of(),
        )  # fmt: skip

    async def require(self, request: Request) -> Response:
        self._house.administrator(request)
        self._house.fresh(request)
        form = await read_form(request)
        await self._house.services.identity.factors.require_of(tuple(one for one in ROLES if form[f"role-{one}"]))
        return see_other("/admin/security?done=saved")

    async def end(self, request: Request) -> Response:
        self._house.administrator(request)
        identity, session_id = self._house.services.identity, request.match_info["session_id"]
        found = await identity.stores.sessions.by_id(session_id)
        if found is None or not await identity.sessions.end(session_id):
            raise NotFound("session.unknown")
        await identity.audit.record("session_ended", found.account_id)
        await self._house.services.doors.look_again()
        return see_other("/admin/security?done=session_ended")

"""Administration: accounts made, changed, closed and opened again, passwords reset, sessions seen and ended."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import BalaiError, NotFound, Refused
from server.identity.accounts import ROLES, Accounts, Particulars
from server.identity.ports import Account, BrowserSession
from server.identity.records import Authenticator
from web.forms import Form, read_form
from web.house import House, see_other
from web.i18n import LANGUAGES

LOGIN, NAME, NIP, EMAIL = 100, 120, 18, 254


class Admin:
    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def _accounts(self) -> Accounts:
        return self._house.services.identity.accounts

    async def list(self, request: Request) -> Response:
        self._house.administrator(request)
        find = request.query.get("find", "")[:100].strip()
        accounts = [one for one in await self._accounts.all() if _fits(one, find)]
        return self._house.pages.page(request, "admin_accounts.html", accounts=accounts, find=find)

    # ------------------------------------------------------------ a new one

    async def new(self, request: Request) -> Response:
        self._house.administrator(request)
        form = Form({"office_role": "official", "language": self._house.services.office.language})
        return self._page(request, form, None)

    async def create(self, request: Request) -> Response:
        """The start password is on this answer and nowhere else."""
        self._house.administrator(request)
        form = await read_form(request)
        wanted = _particulars(form)
        if not form.faults:
            try:
                account, password = await self._accounts.create(wanted)
            except BalaiError as error:
                form.refuse(error)
            else:
                return self._told(request, account, password)
        return self._page(request, form, None, status=HTTPStatus.BAD_REQUEST)

    # ------------------------------------------------------------ a standing one

    async def show(self, request: Request) -> Response:
        account = await self._wanted(request)
        typed = {name: str(getattr(account, name)) for name in Particulars.__slots__}
        return await self._account_page(request, Form(typed), account)

    async def save(self, request: Request) -> Response:
        account = await self._wanted(request)
        form = await read_form(request)
        wanted = _particulars(form)
        if not form.faults:
            try:
                await self._accounts.change(account.account_id, wanted)
            except BalaiError as error:
                form.refuse(error)
            else:
                return see_other(f"/admin/accounts/{account.account_id}?done=account_saved")
        return await self._account_page(request, form, account, HTTPStatus.BAD_REQUEST)

    async def reset(self, request: Request) -> Response:
        account = await self._wanted(request)
        password = await self._accounts.reset_password(account.account_id)
        await self._house.services.doors.look_again()
        return self._told(request, account, password)

    async def deactivate(self, request: Request) -> Response:
        account = await self._wanted(request)
        if account.account_id == self._house.reader(request).account_id:
            raise Refused("account.self")
        await self._accounts.deactivate(account.account_id)
        await self._house.services.doors.look_again()
        return see_other(f"/admin/accounts/{account.account_id}?done=account_deactivated")

    async def activate(self, request: Request) -> Response:
        account = await self._wanted(request)
        await self._accounts.activate(account.account_id)
        return see_other(f"/admin/accounts/{account.account_id}?done=account_activated")

    async def end_session(self, request: Request) -> Response:
        account = await self._wanted(request)
        session_id = request.match_info["session_id"]
        if not await self._house.services.identity.sessions.end_one_of(account.account_id, session_id):
            raise NotFound("session.unknown")
        await self._house.services.identity.audit.record("session_ended", account.account_id)
        await self._house.services.doors.look_again()
        return see_other(f"/admin/accounts/{account.account_id}?done=session_ended")

    async def end_sessions(self, request: Request) -> Response:
        """All of the account; the administrator's own one stays."""
        account, reader = await self._wanted(request), self._house.reader(request)
        own = reader.session.session_id if reader.session else ""
        await self._house.services.identity.sessions.end_all(account.account_id, but=own)
        await self._house.services.identity.audit.record("sessions_ended", account.account_id)
        await self._house.services.doors.look_again()
        return see_other(f"/admin/accounts/{account.account_id}?done=sessions_ended")

    async def reset_factors(self, request: Request) -> Response:
        """For somebody who lost them."""
        account = await self._wanted(request)
        self._house.fresh(request)
        await self._house.services.identity.factors.reset(account.account_id)
        return see_other(f"/admin/accounts/{account.account_id}?done=factors_reset")

    # ------------------------------------------------------------

    async def _wanted(self, request: Request) -> Account:
        self._house.administrator(request)
        return await self._accounts.by_id(request.match_info["account_id"])

    def _told(self, request: Request, account: Account, password: str) -> Response:
        return self._house.pages.page(request, "admin_password.html", account=account, password=password)

    async def _account_page(
        self, request: Request, form: Form, account: Account, status: int = HTTPStatus.OK
    ) -> Response:
        identity = self._house.services.identity
        sessions = await identity.sessions.of_account(account.account_id)
        factors = await identity.factors.of_account(account.account_id)
        return self._page(request, form, account, sessions=sessions, factors=factors, status=status)

    def _page(
        self,
        request: Request,
        form: Form,
        account: Account | None,
        *,
        sessions: Sequence[BrowserSession] = (),
        factors: Sequence[Authenticator] = (),
        status: int = HTTPStatus.OK,
    ) -> Response:
        shown: dict[str, object] = {"form": form, "account": account, "sessions": sessions, "factors": factors}
        shown |= {"roles": ROLES, "languages": LANGUAGES}
        return self._house.pages.page(request, "admin_account.html", status, **shown)


def _particulars(form: Form) -> Particulars:
    role = next((one for one in ROLES if one == form["office_role"]), None)
    if role is None:
        form.fault("office_role", "account.role")
    return Particulars(
        login=form.text("login", LOGIN, required="account.login"),
        name=form.text("name", NAME, required="account.name"),
        office_role=role or "official",
        function=form.text("function", NAME),
        office=form.text("office", NAME),
        rank=form.text("rank", NAME),
        nip="".join(form["nip"].split()),
        nik="".join(form["nik"].split()),
        email=form.text("email", EMAIL),
        language=form["language"] if form["language"] in LANGUAGES else "id",
    )


def _fits(account: Account, find: str) -> bool:
    wanted = find.casefold()
    return not wanted or any(
        wanted in text.casefold() for text in (account.name, account.login, account.function, account.office)
    )

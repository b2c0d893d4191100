"""One's own account: password, language, and the browsers that are signed in."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import BalaiError, NotFound, Refused
from web.forms import Form, read_form
from web.house import House, see_other
from web.i18n import LANGUAGES
from web.reader import set_language_cookie
from web.views.feeds import address as feed_address


class OwnAccount:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        return await self._page(request, Form())

    async def change_password(self, request: Request) -> Response:
        _, account, session = self._house.own(request)
        form = await read_form(request)
        if form["password"] != form["password_again"]:
            form.fault("password_again", "password.again")
        if not form.faults:
            try:
                await self._house.services.identity.accounts.change_password(
                    account, form["old_password"], form["password"], keep_session=session.session_id
                )
            except BalaiError as error:
                form.refuse(error)
        if form.faults:
            return await self._page(request, form, HTTPStatus.BAD_REQUEST)
        await self._house.services.doors.look_again()
        return see_other("/account?done=password_changed")

    async def set_language(self, request: Request) -> Response:
        reader, account, _ = self._house.own(request)
        language = (await read_form(request))["language"]
        if language not in LANGUAGES:
            raise Refused("http.form")
        await self._house.services.identity.accounts.set_language(account, language)
        response = see_other("/account?done=saved")
        set_language_cookie(response, reader.origin, language)
        return response

    async def end_session(self, request: Request) -> Response:
        _, account, _ = self._house.own(request)
        session_id = request.match_info["session_id"]
        if not await self._house.services.identity.sessions.end_one_of(account.account_id, session_id):
            raise NotFound("session.unknown")
        await self._house.services.identity.audit.record("session_ended", account.account_id)
        await self._house.services.doors.look_again()
        return see_other("/account?done=session_ended")

    async def end_others(self, request: Request) -> Response:
        _, account, session = self._house.own(request)
        await self._house.services.identity.sessions.end_all(account.account_id, but=session.session_id)
        await self._house.services.identity.audit.record("sessions_ended", account.account_id)
        await self._house.services.doors.look_again()
        return see_other("/account?done=sessions_ended")

    async def _page(self, request: Request, form: Form, status: int = HTTPStatus.OK) -> Response:
        _, account, session = self._house.own(request)
        identity = self._house.services.identity
        sessions = await identity.sessions.of_account(account.account_id)
        return self._house.pages.page(
            request, "account.html", status, form=form, account=account, sessions=sessions, own=session.session_id,
            factors=await identity.factors.of_account(account.account_id),
            codes_left=await identity.factors.codes_left(account.account_id),
            providers=self._house.services.oidc.names if self._house.services.oidc else (),
            linked={one.provider for one in await identity.stores.identities.of_account(account.account_id)},
            feed=await feed_address(self._house.services.feeds, account.account_id),
            feeds_are_on=self._house.services.feeds is not None,
            fresh=self._house.is_fresh(request), passkeys=self._house.site(request).takes_passkeys,
        )  # fmt: skip

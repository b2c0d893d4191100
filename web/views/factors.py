"""One's own second factors: codes by time, passkeys, recovery codes. Changed only soon after signing in."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response
from markupsafe import Markup

from server.documents import qr
from server.errors import BalaiError, Conflict, Invalid, Refused
from server.identity.factors import ONE_FACTOR, TotpOffer
from server.identity.ports import Account, BrowserSession
from server.identity.records import Method
from web.forms import Form, read_form
from web.house import House, see_other
from web.reader import SESSION, Reader, set_cookie
from web.views.sign_in import challenge, visit


class OwnFactors:
    def __init__(self, house: House) -> None:
        self._house = house

    async def new_code(self, request: Request) -> Response:
        _, account, _ = self._own(request)
        await read_form(request)
        offer = await self._house.services.identity.factors.begin_totp(account, self._house.services.office.name)
        return self._totp_page(request, Form(), offer)

    async def finish_code(self, request: Request) -> Response:
        _, account, _ = self._own(request)
        form, factors = await read_form(request), self._house.services.identity.factors
        offer = await factors.offered_totp(account, form["begun"], self._house.services.office.name)
        code = "".join(form["code"].split())[:20]
        try:
            codes = await factors.finish_totp(account, form["begun"], code, form["name"])
        except Invalid as error:
            form.refuse(error)
            return self._totp_page(request, form, offer, HTTPStatus.BAD_REQUEST)
        return await self._made(request, "totp", codes)

    async def passkey_options(self, request: Request) -> Response:
        _, account, _ = self._own(request)
        passkeys = self._house.services.identity.passkeys
        return challenge(*await passkeys.begin_enrolment(account, self._house.site(request)))

    async def finish_passkey(self, request: Request) -> Response:
        _, account, _ = self._own(request)
        form = await read_form(request)
        name = form["name"].strip() or self._house.words(request)("page.factors.passkey")
        try:
            codes = await self._house.services.identity.passkeys.finish_enrolment(
                account, form["begun"], form["credential"], name, self._house.site(request)
            )
        except (Invalid, Conflict) as error:
            form.refuse(error)
            return self._house.pages.page(request, "failure.html", HTTPStatus.BAD_REQUEST, **self._told(request, error))
        return await self._made(request, "passkey", codes)

    async def new_codes(self, request: Request) -> Response:
        _, account, _ = self._own(request)
        if not await self._house.services.identity.factors.of_account(account.account_id):
            raise Refused("factor.none")
        codes = await self._house.services.identity.factors.new_codes(account.account_id)
        return self._codes_page(request, codes, self._house.reader(request).csrf)

    async def remove(self, request: Request) -> Response:
        """Refused("factor.required") where the role must keep one."""
        _, account, _ = self._own(request)
        factors = self._house.services.identity.factors
        known = await factors.of_account(account.account_id)
        if len(known) == 1 and account.office_role in await factors.required_of():
            raise Refused("factor.required")
        await factors.remove(account.account_id, request.match_info["factor_id"])
        return see_other("/account?done=factor_removed")

    # ------------------------------------------------------------

    def _own(self, request: Request) -> tuple[Reader, Account, BrowserSession]:
        reader, account, session = self._house.own(request)
        self._house.fresh(request)
        return reader, account, session

    async def _made(self, request: Request, method: Method, codes: tuple[str, ...]) -> Response:
        """A session that began with a password alone goes on as one with two factors, under a new token."""
        reader, account, session = self._house.own(request)
        csrf, token = reader.csrf, ""
        if session.method in ONE_FACTOR:
            entrance = self._house.services.identity.entrance
            token = await entrance.strengthened(account, session, method, visit(self._house, request))
            csrf = self._house.readers.csrf_of(token)
        response = self._codes_page(request, codes, csrf) if codes else see_other("/account?done=factor_added")
        if token:
            set_cookie(response, reader.origin, SESSION, token)
        return response

    def _codes_page(self, request: Request, codes: tuple[str, ...], csrf: str) -> Response:
        return self._house.pages.page(request, "recovery_codes.html", codes=codes, csrf=csrf)

    def _totp_page(self, request: Request, form: Form, offer: TotpOffer, status: int = HTTPStatus.OK) -> Response:
        drawn = Markup(qr.svg(offer.uri, sized=False))  # noqa: S704 (made by us, of a text that it holds only as squares)
        spaced = " ".join(offer.secret[at : at + 4] for at in range(0, len(offer.secret), 4))
        shown = {"form": form, "offer": offer, "drawn": drawn, "spaced": spaced}
        return self._house.pages.page(request, "totp.html", status, **shown)

    def _told(self, request: Request, error: BalaiError) -> dict[str, object]:
        sentence = self._house.words(request).sentence(error.code, error.values)
        return {"sentence": sentence, "status_code": int(HTTPStatus.BAD_REQUEST)}

"""Signing in by a provider (OpenID Connect): there, back, out, linked with an account, and ended from there."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import BalaiError, Invalid, NotFound, Unavailable
from server.identity.oidc.flow import Answer, Oidc
from web.forms import Form, read_form
from web.house import House, see_other
from web.security import inner_path
from web.views.sign_in import entered, leaving, visit

LENGTH = 4096


class Providers:
    def __init__(self, house: House) -> None:
        self._house = house

    async def begin(self, request: Request) -> Response:
        """To the provider. Only this browser can come back with its answer."""
        oidc, who = self._oidc(), visit(self._house, request)
        await self._house.services.identity.attempts.count_challenge(who.address)
        name, target = request.match_info["provider"], inner_path(request.query.get("next", "/"))
        return see_other(await oidc.begin(name, self._back(request), who.visitor, target))

    async def link(self, request: Request) -> Response:
        """To the provider, to be known by it from now on. A page leads there: forms lead only to this house (CSP)."""
        _, account, _ = self._house.own(request)
        self._house.fresh(request)
        await read_form(request)
        oidc, name = self._oidc(), request.match_info["provider"]
        visitor = self._house.reader(request).visitor
        url = await oidc.begin(name, self._back(request), visitor, "/account", account.account_id)
        return leaving(self._house, request, url, dict(oidc.names)[name])

    async def unlink(self, request: Request) -> Response:
        _, account, _ = self._house.own(request)
        self._house.fresh(request)
        await self._oidc().unlink(account, request.match_info["provider"])
        return see_other("/account?done=identity_unlinked")

    async def back(self, request: Request) -> Response:
        """From the provider: signed in or linked, or told why not."""
        oidc, query, who = self._oidc(), request.query, visit(self._house, request)
        told = {name: query.get(name, "")[: LENGTH + 1] for name in ("state", "code", "iss", "error")}
        try:
            await self._house.services.identity.attempts.count_challenge(who.address)
            returned = await oidc.finish(
                request.match_info["provider"],
                self._back(request),
                who.visitor,
                Answer(told["state"], told["code"], told["iss"], told["error"]),
            )
            if returned.linked:
                if self._house.reader(request).account_id != returned.account.account_id:
                    raise Invalid("oidc.refused")
                return see_other("/account?done=identity_linked")
            entry = await self._house.services.identity.entrance.by_provider(returned.account, who)
        except NotFound:
            raise
        except BalaiError as error:
            form = Form()
            form.refuse(error)
            status = HTTPStatus.SERVICE_UNAVAILABLE if isinstance(error, Unavailable) else HTTPStatus.FORBIDDEN
            return self._house.pages.page(request, "provider_failed.html", status, form=form)
        await oidc.remember(entry.token, returned)
        return await entered(self._house, request, entry, Form(), inner_path(returned.target))

    async def logged_out(self, request: Request) -> Response:
        """The provider itself, not a browser, says that somebody logged out there (Back-Channel Logout 1.0, 2.5)."""
        token = (await request.post()).get("logout_token")
        if not isinstance(token, str):
            raise Invalid("oidc.logout")
        if await self._oidc().logged_out(request.match_info["provider"], token):
            await self._house.services.doors.look_again()
        return Response(headers={"Cache-Control": "no-store"})

    def _back(self, request: Request) -> str:
        return self._house.url(request, f"/login/oidc/{request.match_info['provider']}/callback")

    def _oidc(self) -> Oidc:
        oidc = self._house.services.oidc
        if oidc is None:
            raise NotFound("not_found")
        return oidc

"""A forgotten password: asked for here, chosen anew by the link of a mail. The answer is the same for everybody."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import Invalid, NotFound, Refused
from server.identity.recovery import Letterbox
from web.forms import Form, read_form
from web.house import House, see_other

TEXT_LENGTH = 200


class PasswordReset:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        self._box()
        return self._house.pages.page(request, "forgot.html", form=Form(), asked=False)

    async def ask(self, request: Request) -> Response:
        box, form = self._box(), await read_form(request)
        text = form.text("login", TEXT_LENGTH, required="form.login")
        if not form.faults:
            try:
                address = self._house.reader(request).origin.address
                await self._house.services.identity.recovery.ask(text, address, box)
            except Refused as error:
                form.refuse(error)
                response = self._page(request, form, HTTPStatus.TOO_MANY_REQUESTS)
                response.headers["Retry-After"] = str(60 * int(error.values["minutes"]))
                return response
            return self._house.pages.page(request, "forgot.html", form=Form(), asked=True)
        return self._page(request, form, HTTPStatus.BAD_REQUEST)

    async def choose(self, request: Request) -> Response:
        """Opening the link uses nothing up: mail scanners open links."""
        self._box()
        account = await self._house.services.identity.recovery.look(request.match_info["token"])
        return self._house.pages.page(request, "reset.html", form=Form(), account=account)

    async def save(self, request: Request) -> Response:
        self._box()
        form, recovery = await read_form(request), self._house.services.identity.recovery
        token = request.match_info["token"]
        account = await recovery.look(token)
        if form["password"] != form["password_again"]:
            form.fault("password_again", "password.again")
        if not form.faults:
            try:
                await recovery.use(token, form["password"])
            except Invalid as error:
                form.refuse(error)
        if form.faults:
            return self._house.pages.page(request, "reset.html", HTTPStatus.BAD_REQUEST, form=form, account=account)
        await self._house.services.doors.look_again()
        return see_other("/login?done=password_reset")

    def _page(self, request: Request, form: Form, status: int) -> Response:
        return self._house.pages.page(request, "forgot.html", status, form=form, asked=False)

    def _box(self) -> Letterbox:
        """NotFound where no mail is sent."""
        box = self._house.services.letterbox
        if box is None:
            raise NotFound("not_found")
        return box

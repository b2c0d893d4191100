"""Signing in and out."""

from __future__ import annotations

from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import Refused, Unauthenticated
from web.forms import Form, read_form
from web.house import House, see_other
from web.reader import DEVICE, SESSION, VISITOR_S, cookie, drop_cookie, set_cookie
from web.security import CSRF_FIELD, LONG_FORMS, inner_path

KEPT, KEPT_PATH = "kept-", "resume"
LOGIN_LENGTH, PASSWORD_LENGTH = 100, 200


class SignIn:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        target = inner_path(request.query.get("next", "/"))
        if self._house.reader(request).account is not None:
            return see_other(target)
        return self._page(request, Form(), target)

    async def submit(self, request: Request) -> Response:
        """A session always begins anew: what the browser brought along does not become one."""
        form, reader = await read_form(request), self._house.reader(request)
        target = inner_path(form["next"] or "/")
        login = form.text("login", LOGIN_LENGTH, required="form.login")
        if not form["password"]:
            form.fault("password", "form.password")
        if form.faults:
            return self._page(request, form, target, HTTPStatus.BAD_REQUEST)
        try:
            entry = await self._house.services.identity.accounts.sign_in(
                login,
                form["password"][: PASSWORD_LENGTH + 1],
                address=reader.origin.address,
                agent=request.headers.get("User-Agent", ""),
                device=cookie(request, reader.origin, DEVICE),
            )
        except Unauthenticated as error:
            form.refuse(error)
            return self._page(request, form, target, HTTPStatus.UNAUTHORIZED)
        except Refused as error:
            form.refuse(error)
            response = self._page(request, form, target, HTTPStatus.TOO_MANY_REQUESTS)
            response.headers["Retry-After"] = str(60 * int(error.values["minutes"]))
            return response
        if reader.session is not None:
            await self._house.services.identity.sessions.end(reader.session.session_id)
        response = self._resume(request, form, entry.token) if kept_fields(form) else see_other(target)
        set_cookie(response, reader.origin, SESSION, entry.token)
        set_cookie(response, reader.origin, DEVICE, entry.device, VISITOR_S)
        return response

    async def leave(self, request: Request) -> Response:
        reader = self._house.reader(request)
        form = await read_form(request)
        if reader.session is not None:
            await self._house.services.identity.sessions.end(reader.session.session_id)
            await self._house.services.doors.look_again()
        target = inner_path(form["next"] or "/login?done=signed_out")
        response = see_other(target)
        drop_cookie(response, reader.origin, SESSION)
        return response

    # ------------------------------------------------------------ a form that was sent when the session was over

    async def again(self, request: Request) -> Response:
        """The sign-in page, with all that was typed inside it."""
        typed = (await read_form(request)).typed
        kept = {f"{KEPT}{name}": value for name, value in typed.items() if name != CSRF_FIELD}
        return self._page(request, Form(kept | {KEPT_PATH: request.path}), "/", HTTPStatus.UNAUTHORIZED)

    def _resume(self, request: Request, form: Form, token: str) -> Response:
        """Sent again only when its writer says so: it may have come a long way."""
        csrf = self._house.readers.csrf_of(token)
        return self._house.pages.page(
            request, "resume.html", fields=kept_fields(form), action=form[KEPT_PATH], csrf=csrf
        )

    def _page(self, request: Request, form: Form, target: str, status: int = HTTPStatus.OK) -> Response:
        return self._house.pages.page(request, "sign_in.html", status, form=form, target=target, kept=_kept(form))


def kept_fields(form: Form) -> dict[str, str]:
    """What was typed into the form that waits; {} if none does."""
    if not LONG_FORMS.fullmatch(form[KEPT_PATH]):
        return {}
    return {name.removeprefix(KEPT): value for name, value in form.typed.items() if name.startswith(KEPT)}


def _kept(form: Form) -> dict[str, str]:
    """The same as hidden fields of the sign-in page, so that a wrong password does not lose it."""
    if not kept_fields(form):
        return {}
    return {name: value for name, value in form.typed.items() if name == KEPT_PATH or name.startswith(KEPT)}

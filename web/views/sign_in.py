"""Signing in and out: the password, the second step, a passkey alone."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp.web import Request, Response

from server.errors import BalaiError, Invalid, Refused, Unauthenticated, Unavailable
from server.identity.entrance import Entry, Halfway, Visit
from web.forms import Form, read_form
from web.house import House, see_other
from web.reader import DEVICE, SESSION, VISITOR_S, Reader, cookie, drop_cookie, set_cookie
from web.security import CSRF_FIELD, LONG_FORMS, inner_path

KEPT, KEPT_PATH = "kept-", "resume"
LOGIN_LENGTH, PASSWORD_LENGTH, CREDENTIAL_LENGTH = 100, 200, 20_000


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
        form = await read_form(request)
        target = inner_path(form["next"] or "/")
        login = form.text("login", LOGIN_LENGTH, required="form.login")
        if not form["password"]:
            form.fault("password", "form.password")
        if form.faults:
            return self._page(request, form, target, HTTPStatus.BAD_REQUEST)
        try:
            found = await self._house.services.identity.entrance.by_password(
                login, form["password"][: PASSWORD_LENGTH + 1], visit(self._house, request)
            )
        except (Unauthenticated, Refused, Unavailable) as error:
            form.refuse(error)
            return _waits(self._page(request, form, target, _status(error)), error)
        if isinstance(found, Halfway):
            return self._second(request, Form(kept_all(form) | {"half": found.token, "next": target}), found)
        return await entered(self._house, request, found, form, target)

    # ------------------------------------------------------------ the second step

    async def second(self, request: Request) -> Response:
        """A code by time or a recovery code, or a passkey: whichever came."""
        form, who = await read_form(request), visit(self._house, request)
        identity, target = self._house.services.identity, inner_path(form["next"] or "/")
        try:
            if form["credential"]:
                entry = await identity.entrance.by_second_passkey(
                    form["half"], form["begun"], form["credential"], self._house.site(request), who
                )
            else:
                if not form["code"].strip():
                    raise Invalid("form.code", field="code")
                entry = await identity.entrance.by_code(form["half"], form["code"][:100], who)
        except (Invalid, Refused) as error:
            form.refuse(error)
            account = await identity.entrance.halfway(form["half"], who)
            known = await identity.factors.of_account(account.account_id)
            again = Halfway(form["half"], True, any(one.kind == "passkey" for one in known))
            return _waits(self._second(request, form, again, _status(error)), error)
        except Unauthenticated as error:  # it took too long: from the beginning
            form.refuse(error)
            return self._page(request, form, target, HTTPStatus.UNAUTHORIZED)
        return await entered(self._house, request, entry, form, target)

    async def second_options(self, request: Request) -> Response:
        """What the browser needs to ask for the account's passkey, as JSON."""
        form, who, identity = await read_form(request), visit(self._house, request), self._house.services.identity
        await identity.attempts.count_challenge(who.address)
        account = await identity.entrance.halfway(form["half"], who)
        return challenge(*await identity.passkeys.begin_use(self._house.site(request), account.account_id))

    # ------------------------------------------------------------ a passkey alone

    async def passkey_options(self, request: Request) -> Response:
        who, identity = visit(self._house, request), self._house.services.identity
        await identity.attempts.count_challenge(who.address)
        return challenge(*await identity.passkeys.begin_use(self._house.site(request)))

    async def passkey(self, request: Request) -> Response:
        form = await read_form(request)
        target = inner_path(form["next"] or "/")
        try:
            entry = await self._house.services.identity.entrance.by_passkey(
                form["begun"], form["credential"], self._house.site(request), visit(self._house, request)
            )
        except (Invalid, Refused, Unauthenticated) as error:
            form.refuse(error)
            return _waits(self._page(request, form, target, _status(error)), error)
        return await entered(self._house, request, entry, form, target)

    # ------------------------------------------------------------ out

    async def leave(self, request: Request) -> Response:
        reader = self._house.reader(request)
        form = await read_form(request)
        if reader.session is not None:
            await self._house.services.identity.sessions.end(reader.session.session_id)
            await self._house.services.identity.audit.record("signed_out", reader.account_id)
            await self._house.services.doors.look_again()
        target = inner_path(form["next"] or "/login?done=signed_out")
        there = await self._also_there(request, reader)
        response = leaving(self._house, request, *there) if there and not form["next"] else see_other(target)
        drop_cookie(response, reader.origin, SESSION)
        return response

    async def _also_there(self, request: Request, reader: Reader) -> tuple[str, str] | None:
        """Whoever came by a provider logs out there too: its address and name."""
        oidc = self._house.services.oidc
        if reader.session is None or oidc is None or reader.session.method != "oidc":
            return None
        return await oidc.leave(reader.session.session_id, self._house.url(request, "/login"))

    # ------------------------------------------------------------ a form that was sent when the session was over

    async def again(self, request: Request) -> Response:
        """The sign-in page, with all that was typed inside it."""
        typed = (await read_form(request)).typed
        kept = {f"{KEPT}{name}": value for name, value in typed.items() if name != CSRF_FIELD}
        return self._page(request, Form(kept | {KEPT_PATH: request.path}), "/", HTTPStatus.UNAUTHORIZED)

    def _page(self, request: Request, form: Form, target: str, status: int = HTTPStatus.OK) -> Response:
        shown: dict[str, object] = {"form": form, "target": target, "kept": kept_all(form)}
        shown["passkeys"] = self._house.site(request).takes_passkeys
        shown["forgot"] = self._house.services.letterbox is not None
        shown["providers"] = self._house.services.oidc.names if self._house.services.oidc else ()
        return self._house.pages.page(request, "sign_in.html", status, **shown)

    def _second(self, request: Request, form: Form, half: Halfway, status: int = HTTPStatus.OK) -> Response:
        shown = {"form": form, "half": half, "target": inner_path(form["next"] or "/"), "kept": kept_all(form)}
        return self._house.pages.page(request, "second_step.html", status, **shown)


def visit(house: House, request: Request) -> Visit:
    reader = house.reader(request)
    agent = request.headers.get("User-Agent", "")
    return Visit(reader.origin.address, agent, reader.visitor, cookie(request, reader.origin, DEVICE))


async def entered(house: House, request: Request, entry: Entry, form: Form, target: str) -> Response:
    """The cookies of somebody who just signed in, and where they go; a session that the browser had before ends."""
    reader = house.reader(request)
    if reader.session is not None:
        await house.services.identity.sessions.end(reader.session.session_id)
    response = _resume(house, request, form, entry.token) if kept_fields(form) else see_other(target)
    set_cookie(response, reader.origin, SESSION, entry.token)
    set_cookie(response, reader.origin, DEVICE, entry.device, VISITOR_S)
    return response


def challenge(token: str, options: str) -> Response:
    body = msgspec.json.encode({"token": token, "options": msgspec.Raw(options.encode())})
    return Response(body=body, content_type="application/json")


def _resume(house: House, request: Request, form: Form, token: str) -> Response:
    """Sent again only when its writer says so: it may have come a long way."""
    csrf = house.readers.csrf_of(token)
    return house.pages.page(request, "resume.html", fields=kept_fields(form), action=form[KEPT_PATH], csrf=csrf)


def kept_fields(form: Form) -> dict[str, str]:
    """What was typed into the form that waits; {} if none does."""
    if not LONG_FORMS.fullmatch(form[KEPT_PATH]):
        return {}
    return {name.removeprefix(KEPT): value for name, value in form.typed.items() if name.startswith(KEPT)}


def kept_all(form: Form) -> dict[str, str]:
    """The same as hidden fields of the sign-in page, so that a wrong password does not lose it."""
    if not kept_fields(form):
        return {}
    return {name: value for name, value in form.typed.items() if name == KEPT_PATH or name.startswith(KEPT)}


def _status(error: BalaiError) -> HTTPStatus:
    if isinstance(error, Unavailable):
        return HTTPStatus.SERVICE_UNAVAILABLE
    if "minutes" in error.values:
        return HTTPStatus.TOO_MANY_REQUESTS
    return HTTPStatus.FORBIDDEN if isinstance(error, Refused) else HTTPStatus.UNAUTHORIZED


def _waits(response: Response, error: BalaiError) -> Response:
    if "minutes" in error.values:
        response.headers["Retry-After"] = str(60 * int(error.values["minutes"]))
    return response


def leaving(house: House, request: Request, url: str, title: str) -> Response:
    """Leads to the provider at once; the link is for whoever's browser does not."""
    response = house.pages.page(request, "leaving.html", url=url, provider=title)
    response.headers["Refresh"] = f"0;url={url}"
    return response

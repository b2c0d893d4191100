"""What holds for every request and answer: who asks, forged forms refused, headers, failures told in words.

No page lives here. Socket.IO checks its own origins; only the headers of its answers are added.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import TypeAlias
from urllib.parse import quote, urlsplit

import structlog
from aiohttp.typedefs import Middleware
from aiohttp.web import (
    HTTPBadRequest,
    HTTPException,
    Request,
    RequestKey,
    Response,
    StreamResponse,
    middleware,
)

from server.errors import BalaiError, Conflict, Invalid, NotFound, Refused, Unauthenticated, Unavailable
from server.identity.acting import Acting, act_as
from web.i18n import LANGUAGES
from web.proxies import Origin, Proxies
from web.reader import VISITOR, VISITOR_S, Reader, Readers, set_cookie, set_language_cookie

log = structlog.get_logger(__name__)

READER = RequestKey("reader", Reader)
ORIGIN = RequestKey("origin", Origin)
Handler: TypeAlias = Callable[[Request], Awaitable[StreamResponse]]
Failure: TypeAlias = Callable[[Request, int, str, dict[str, str | int | float | bool]], Response]

FORM_BYTES = 256 * 1024  # the longest form: an agenda and two hundred invitees, or a long discussion
UPLOAD_BYTES = 20 * 1024 * 1024 + 64 * 1024  # a scanned paper, and the form around it
CSRF_FIELD = "csrf"
SAFE = ("GET", "HEAD", "OPTIONS")
LONG_FORMS = re.compile(r"/meetings/new|/m/[0-9a-f]{16}/(edit|cancel|record|minutes)")
UPLOADS = re.compile(
    r"/m/[0-9a-f]{16}/documents|/m/[0-9a-f]{16}/minutes/scan|/admin/office(/preview\.png|/templates/[a-z]{1,20})?"
    r"|/admin/offices/import"
)
FROM_PROVIDERS = re.compile(r"/login/oidc/[a-z][a-z0-9-]{0,30}/logout")
"""Sent by a provider itself, with a token that it signed: no browser, no cookie and no form of ours is behind it."""
UNTIL_CHANGED = ("/account", "/account/password", "/logout", "/login")
FACTORS = "/account/factors/"
ELSEWHERE = ("/socket.io/", "/static/", "/healthz", "/metrics", "/ballot", "/calendar/")
"""No reader is looked up for these."""

STATUS: tuple[tuple[type[BalaiError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Refused, HTTPStatus.FORBIDDEN),
    (Invalid, HTTPStatus.BAD_REQUEST),
    (Conflict, HTTPStatus.CONFLICT),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
)
HTTP_CODES = {404: "not_found", 405: "http.method", 413: "http.too_large"}

HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(self), microphone=(self), display-capture=(self), geolocation=(), payment=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}
HSTS = "max-age=63072000"


def policy(origin: Origin) -> str:
    """The Content-Security-Policy. The WebSocket is named because older Safari does not count it as 'self'."""
    host = origin.host if re.fullmatch(r"[\w.\-:\[\]]{1,260}", origin.host) else ""
    socket = f" {'wss' if origin.secure else 'ws'}://{host}" if host else ""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self' blob:; "
        f"media-src 'self' blob:; connect-src 'self'{socket}; worker-src 'self'; manifest-src 'self'; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    )


class SignInFirst(Unauthenticated):
    """The page needs an account; the reader has none yet. Answered with the sign-in page, which leads back."""

    default_code = "sign_in_first"


class SignInAgain(Refused):
    """The session was over when a long form was sent, from one of our own pages: what was typed is kept meanwhile."""

    default_code = "csrf"


class Guard:
    """The middleware of the whole house. `fail` makes the page (or JSON) of a failure, `again` the sign-in page that
    keeps a form until its writer is known again."""

    def __init__(self, proxies: Proxies, readers: Readers, public_url: str, *, fail: Failure, again: Handler) -> None:
        self._proxies, self._readers, self._fail, self._again = proxies, readers, fail, again
        self._public = _origin_of(public_url)

    def middleware(self) -> Middleware:
        @middleware
        async def guard(request: Request, handler: Handler) -> StreamResponse:
            request[ORIGIN] = self._proxies.origin(request)
            if request.path.startswith(ELSEWHERE):
                return await handler(request)
            request_id = secrets.token_hex(6)
            with structlog.contextvars.bound_contextvars(request=request_id, method=request.method):
                response = await self._told(request, handler)
            response.headers["X-Request-Id"] = request_id
            self._finish(request, response)
            return response

        return guard

    async def _told(self, request: Request, handler: Handler) -> StreamResponse:
        try:
            return await self._answered(request, handler)
        except HTTPException as answer:
            if answer.status < HTTPStatus.BAD_REQUEST:
                raise
            code = HTTP_CODES.get(answer.status, "invalid")
            return self._fail(request, answer.status, code, {})
        except SignInFirst:
            return _to_sign_in(request)
        except SignInAgain:
            return await self._again(request)
        except BalaiError as error:
            status = next((status for kind, status in STATUS if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
            log.info("refused", path=_logged(request), code=error.code, status=int(status))
            return self._fail(request, status, error.code, dict(error.values))
        except ConnectionError:  # the visitor is gone in the middle of what they sent: nobody to tell, nothing of ours
            raise HTTPBadRequest from None
        except Exception:  # the last resort: a fault of ours is logged whole, and told as one
            log.exception("page failed", path=_logged(request))
            return self._fail(request, HTTPStatus.INTERNAL_SERVER_ERROR, "internal", {})

    async def _answered(self, request: Request, handler: Handler) -> StreamResponse:
        request[READER] = await self._readers.find(request, request[ORIGIN])
        if request.method not in SAFE and not FROM_PROVIDERS.fullmatch(request.path):
            if UPLOADS.fullmatch(request.path):
                request = request.clone(client_max_size=UPLOAD_BYTES)
            await self._check_form(request)
        reader = request[READER]
        if reader.must_change_password and request.path not in UNTIL_CHANGED:
            return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/account"})
        if reader.must_enrol and request.path not in UNTIL_CHANGED and not request.path.startswith(FACTORS):
            return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": "/account"})
        with act_as(Acting(reader.account_id, reader.origin.address, "web")):
            return await handler(request)

    async def _check_form(self, request: Request) -> None:
        """Refused("csrf"): from another site, or without this session's token. Browsers send Origin with every POST."""
        uploads = UPLOADS.fullmatch(request.path) is not None
        if uploads and request[READER].account is None:  # what is large is only read for those who are known
            raise SignInFirst
        if (request.content_length or 0) > (UPLOAD_BYTES if uploads else FORM_BYTES):
            raise Invalid("http.too_large")
        if request.content_type != ("multipart/form-data" if uploads else "application/x-www-form-urlencoded"):
            raise Invalid("http.form")
        said = request.headers.get("Origin") or _origin_of(request.headers.get("Referer", ""))
        own = {request[ORIGIN].url.lower(), self._public} - {""}
        if said and said.lower() not in own:
            raise Refused("csrf")
        token = (await request.post()).get(CSRF_FIELD)
        if not isinstance(token, str) or not secrets.compare_digest(token.encode(), request[READER].csrf.encode()):
            if said and request[READER].account is None and LONG_FORMS.fullmatch(request.path):
                raise SignInAgain
            raise Refused("csrf")

    def _finish(self, request: Request, response: StreamResponse) -> None:
        response.headers.setdefault("Cache-Control", "no-store")
        reader = request.get(READER)
        if reader is None:
            return
        if reader.is_new_visitor and not response.prepared:
            set_cookie(response, reader.origin, VISITOR, reader.visitor, VISITOR_S)
        asked = request.query.get("language", "")
        if request.method == "GET" and asked in LANGUAGES:
            set_language_cookie(response, reader.origin, asked)


async def add_headers(request: Request, response: StreamResponse) -> None:
    """On every answer there is, whoever made it."""
    origin = request.get(ORIGIN)
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if origin is not None:
        response.headers.setdefault("Content-Security-Policy", policy(origin))
        if origin.secure:
            response.headers.setdefault("Strict-Transport-Security", HSTS)
    response.headers.popall("Server", None)


def inner_path(target: str) -> str:
    """Where to go after signing in: a path of this house, or home. Never another site (//host, /\\host, schemes)."""
    if not re.fullmatch(r"/(?![/\\])[\w\-./?=&%~+]{0,300}", target, re.ASCII):
        return "/"
    return target


def _to_sign_in(request: Request) -> Response:
    back = inner_path(str(request.rel_url)) if request.method == "GET" else "/"
    target = "/login" + (f"?next={quote(back, safe='/')}" if back != "/" else "")
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": target})


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}".lower() if parts.scheme and parts.netloc else ""


def _logged(request: Request) -> str:
    """Where a link's secret stands in the path, it stays out of the log."""
    if request.path.startswith("/login/reset/"):
        return "/login/reset/…"
    return f"{request.path[:3]}…" if request.path.startswith(("/j/", "/a/", "/c/")) else request.path

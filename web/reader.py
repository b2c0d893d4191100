"""Who reads a page: their account or none, their language, their browser; and the cookies that carry this.

No right is decided here (belonging.py does), and no token is ever logged.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp.web import Request, StreamResponse

from server.identity.keys import Signer, new_token, token_hash
from server.identity.passwords import is_start
from server.identity.ports import Account, BrowserSession
from web import i18n
from web.ports import Services
from web.proxies import Origin

SESSION, VISITOR, DEVICE, LANGUAGE = "balai_session", "balai_visitor", "balai_device", "balai_language"
VISITOR_S = 400 * 86_400  # the longest that browsers keep a cookie
TOKEN_LENGTH = 43


@dataclass(frozen=True, slots=True)
class Reader:
    """`visitor` names this browser, signed in or not. `csrf` belongs to the session, or to the browser without one.
    `must_enrol`: before anything else they make themselves a second factor."""

    origin: Origin
    language: str
    visitor: str
    is_new_visitor: bool
    csrf: str
    account: Account | None = None
    session: BrowserSession | None = None
    must_enrol: bool = False

    @property
    def account_id(self) -> str:
        return self.account.account_id if self.account else ""

    @property
    def office_role(self) -> str:
        return self.account.office_role if self.account else ""

    @property
    def is_administrator(self) -> bool:
        return self.office_role == "administrator"

    @property
    def plans(self) -> bool:
        """Makes meetings for the office."""
        return self.office_role in ("administrator", "secretary")

    @property
    def must_change_password(self) -> bool:
        return self.account is not None and is_start(self.account.password_hash)


class Readers:
    """Recognises readers by their cookies."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._csrf = Signer(services.secret, "csrf")

    async def find(self, request: Request, origin: Origin) -> Reader:
        token = cookie(request, origin, SESSION)
        found = await self._services.identity.sessions.find(token) if _is_token(token) else None
        visitor = cookie(request, origin, VISITOR)
        is_new = not _is_token(visitor)
        if is_new:
            visitor = new_token()
        csrf = self._csrf.sign("visitor", token_hash(visitor))
        if found is not None:
            csrf = self.csrf_of(token)
        language = self._language(request, found.account if found else None)
        if found is None:
            return Reader(origin, language, visitor, is_new, csrf)
        needs = await self._services.identity.entrance.needs_factor(found.account, found.session)
        return Reader(origin, language, visitor, is_new, csrf, found.account, found.session, needs)

    def csrf_of(self, session_token: str) -> str:
        """What forms of this session carry."""
        return self._csrf.sign("session", token_hash(session_token))

    def _language(self, request: Request, account: Account | None) -> str:
        asked = request.query.get("language", "") if request.method in ("GET", "HEAD") else ""
        kept = request.cookies.get(LANGUAGE, "")
        for one in (asked, kept, account.language if account else ""):
            if one in i18n.LANGUAGES:
                return one
        return i18n.preferred(request.headers.get("Accept-Language", ""), self._services.office.language)


def cookie_name(origin: Origin, name: str) -> str:
    """Under TLS nobody but this very host may have set it (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if origin.secure else name


def cookie(request: Request, origin: Origin, name: str) -> str:
    return request.cookies.get(cookie_name(origin, name), "")


def set_cookie(response: StreamResponse, origin: Origin, name: str, value: str, max_age_s: int | None = None) -> None:
    response.set_cookie(
        cookie_name(origin, name),
        value,
        max_age=max_age_s,
        path="/",
        secure=origin.secure,
        httponly=True,
        samesite="Lax",
    )


def drop_cookie(response: StreamResponse, origin: Origin, name: str) -> None:
    response.del_cookie(cookie_name(origin, name), path="/", secure=origin.secure, httponly=True, samesite="Lax")


def set_language_cookie(response: StreamResponse, origin: Origin, language: str) -> None:
    response.set_cookie(
        LANGUAGE, language, max_age=VISITOR_S, path="/", secure=origin.secure, httponly=True, samesite="Lax"
    )


def _is_token(text: str) -> bool:
    return len(text) == TOKEN_LENGTH and text.replace("-", "").replace("_", "").isalnum() and text.isascii()

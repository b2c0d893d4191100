"""What every view is given, and the few ways in which it answers."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlsplit

from aiohttp.web import Request, Response

from server.errors import BalaiError, Refused
from server.identity.passkeys import Site
from server.identity.ports import Account, BrowserSession
from server.meeting.commands import Actor, Command
from web.forms import Form
from web.i18n import Words
from web.ports import Services
from web.reader import Reader, Readers
from web.render import Pages
from web.security import READER, SignInFirst

FRESH_MS = 30 * 60_000


@dataclass(frozen=True, slots=True)
class House:
    services: Services
    pages: Pages
    readers: Readers

    def reader(self, request: Request) -> Reader:
        return request[READER]

    def words(self, request: Request) -> Words:
        return self.pages.words(request)

    def url(self, request: Request, path: str) -> str:
        """The whole address, as it can be sent to somebody."""
        return (self.services.public_url or request[READER].origin.url).rstrip("/") + path

    def signed_in(self, request: Request) -> Reader:
        """SignInFirst for those who are not."""
        reader = request[READER]
        if reader.account is None:
            raise SignInFirst
        return reader

    def own(self, request: Request) -> tuple[Reader, Account, BrowserSession]:
        """The reader with their account and session. SignInFirst."""
        reader = self.signed_in(request)
        if reader.account is None or reader.session is None:
            raise SignInFirst
        return reader, reader.account, reader.session

    def is_fresh(self, request: Request) -> bool:
        session = request[READER].session
        return session is not None and self.services.clock.now_ms() - session.created_ms < FRESH_MS

    def fresh(self, request: Request) -> None:
        """Refused("session.not_fresh"): an open browser that somebody left must not change how its owner signs in."""
        if not self.is_fresh(request):
            raise Refused("session.not_fresh")

    def site(self, request: Request) -> Site:
        """Where passkeys belong to."""
        url = (self.services.public_url or request[READER].origin.url).rstrip("/").lower()
        return Site(urlsplit(url).hostname or "", url, self.services.office.name, request[READER].visitor)

    def planner(self, request: Request) -> Reader:
        """Who makes meetings: administrators and secretaries of the office."""
        reader = self.signed_in(request)
        if not reader.plans:
            raise Refused("meeting.not_allowed")
        return reader

    def administrator(self, request: Request) -> Reader:
        reader = self.signed_in(request)
        if not reader.is_administrator:
            raise Refused("page.not_allowed")
        return reader

    async def carried_out(self, meeting_id: str, wish: Command, actor: Actor, form: Form) -> bool:
        """What a form wants of a meeting. False: the form says why not, and comes back with all that was typed."""
        if form.faults:
            return False
        try:
            await self.services.meetings.submit(meeting_id, actor, wish)
        except BalaiError as error:
            form.refuse(error)
            return False
        return True


def see_other(path: str) -> Response:
    """After a form: the browser fetches that page, and going back repeats nothing."""
    return Response(status=HTTPStatus.SEE_OTHER, headers={"Location": path})

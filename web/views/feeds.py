"""A person's calendar by a secret address: sent to whoever knows it, given and taken back on the account's page.

Nobody is signed in by it, no cookie is set, and nothing is kept of who asked, but for a quarter of an hour how often.
"""

from __future__ import annotations

from collections import OrderedDict
from datetime import UTC, datetime
from email.utils import format_datetime
from http import HTTPStatus

from aiohttp.web import Request, Response

from server.errors import Unavailable
from server.identity.attempts import network
from web.forms import read_form
from web.house import House, see_other
from web.ports import CalendarFeeds
from web.security import ORIGIN

WINDOW_MS = 15 * 60_000
OF_FEED, OF_ADDRESS = 60, 30
MOST_KNOWN = 10_000


class Pace:
    """How often something was asked for in the window that runs; the longest unasked is forgotten first."""

    def __init__(self) -> None:
        self._counts: OrderedDict[str, tuple[int, int]] = OrderedDict()

    def allows(self, key: str, most: int, now_ms: int) -> bool:
        window = now_ms // WINDOW_MS
        since, count = self._counts.pop(key, (window, 0))
        count = count + 1 if since == window else 1
        self._counts[key] = (window, count)
        while len(self._counts) > MOST_KNOWN:
            self._counts.popitem(last=False)
        return count <= most


class FeedPages:
    def __init__(self, house: House) -> None:
        self._house, self._pace = house, Pace()

    async def send(self, request: Request) -> Response:
        feeds, now_ms = self._house.services.feeds, self._house.services.clock.now_ms()
        token = request.match_info["token"]
        where = f"address:{network(request[ORIGIN].address)}"
        if feeds is None or not self._pace.allows(f"feed:{token[:32]}", OF_FEED, now_ms):
            return _plain(HTTPStatus.TOO_MANY_REQUESTS if feeds else HTTPStatus.NOT_FOUND)
        made = await feeds.open(token)
        if made is None:
            guessed = not self._pace.allows(where, OF_ADDRESS, now_ms)
            return _plain(HTTPStatus.TOO_MANY_REQUESTS if guessed else HTTPStatus.NOT_FOUND)
        headers = {
            "ETag": f'"{made.digest}"',
            "Last-Modified": format_datetime(datetime.fromtimestamp(made.changed_ms // 1000, UTC), usegmt=True),
            "Cache-Control": "private, max-age=300",
            "X-Robots-Tag": "noindex",
        }
        if _is_known(request, made.digest, made.changed_ms):
            return Response(status=HTTPStatus.NOT_MODIFIED, headers=headers)
        headers |= {"Content-Disposition": 'inline; filename="balai.ics"'}
        return Response(body=made.content, content_type="text/calendar", charset="utf-8", headers=headers)

    async def change(self, request: Request) -> Response:
        """A new address, or none."""
        _, account, _ = self._house.own(request)
        feeds, form = self._house.services.feeds, await read_form(request)
        if feeds is None:
            raise Unavailable("unavailable")
        if form["do"] == "revoke":
            await feeds.revoke(account.account_id)
            await self._house.services.identity.audit.record("link_revoked", account.account_id)
            return see_other("/account?done=feed_revoked")
        await feeds.renew(account.account_id)
        return see_other("/account?done=feed_renewed#calendar")


async def address(feeds: CalendarFeeds | None, account_id: str) -> str:
    """ "" where there is none."""
    return await feeds.address(account_id) if feeds else ""


def _is_known(request: Request, digest: str, changed_ms: int) -> bool:
    """RFC 9110, 13.2.2: an ETag decides alone where there is one."""
    if request.if_none_match is not None:
        return any(one.value in (digest, "*") for one in request.if_none_match)
    since = request.if_modified_since
    return since is not None and changed_ms // 1000 <= int(since.timestamp())


def _plain(status: HTTPStatus) -> Response:
    headers = {"Cache-Control": "no-store"} | ({"Retry-After": "900"} if status == 429 else {})
    return Response(status=status, text=f"{status.phrase}\n", headers=headers)

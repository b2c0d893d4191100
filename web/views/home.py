"""Home: what is on now, what comes next, one's own meetings and those of the office, and those that are over."""

from __future__ import annotations

from aiohttp.web import Request, Response

from web.house import House, see_other

COMING, PAST = 50, 25
SCOPES = ("mine", "office")


class Home:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        scope = self._scope(request)
        whose = None if scope == "office" else reader.account_id
        now_ms = self._house.services.clock.now_ms()
        lists = self._house.services.lists
        coming = await lists.coming(whose, now_ms, COMING)
        past = await lists.past(whose, now_ms, 5, 0)
        now = [row for row in coming if row.status == "open" or row.starts_ms <= now_ms]
        later = [row for row in coming if row not in now]
        return self._house.pages.page(
            request, "home.html", now=now, next=later[:1], later=later[1:], past=past, scope=scope, now_ms=now_ms
        )

    async def past(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        scope = self._scope(request)
        page = _page_number(request.query.get("page", "1"))
        rows = await self._house.services.lists.past(
            None if scope == "office" else reader.account_id,
            self._house.services.clock.now_ms(),
            PAST + 1,
            (page - 1) * PAST,
        )
        if not rows and page > 1:
            return see_other(f"/meetings/past?scope={scope}")
        return self._house.pages.page(
            request, "past.html", rows=rows[:PAST], scope=scope, page=page, more=len(rows) > PAST
        )

    def _scope(self, request: Request) -> str:
        wanted = request.query.get("scope", "mine")
        return "office" if wanted == "office" and self._house.reader(request).plans else "mine"


def _page_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1

"""Home: what is on now, what comes next, one's own meetings and those of the office, and those that are over."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp.web import Request, Response

from server.errors import BalaiError
from server.meeting.approving import has_acted, next_acts
from web.house import House, see_other

COMING, PAST = 50, 25
LOOKED_AT = 100  # meetings whose minutes are on their way, the latest first
SCOPES = ("mine", "office")


@dataclass(frozen=True, slots=True)
class Wait:
    """One thing that the reader is asked to do. `until_ms` 0: no deadline."""

    meeting_id: str
    title: str
    kind: str
    until_ms: int
    zone: str


class Home:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        scope = self._scope(request)
        whose = None if scope == "office" else reader.account_id
        now_ms = self._house.services.clock.now_ms()
        lists = self._house.services.lists
        rows = await lists.coming(whose, now_ms, COMING + 1)
        coming = rows[:COMING]
        past = await lists.past(whose, now_ms, 5, 0)
        now = [row for row in coming if row.status == "open" or (row.status == "planned" and row.starts_ms <= now_ms)]
        later = [row for row in coming if row not in now]
        following = [row for row in later if row.status == "planned"][:1]
        return self._house.pages.page(
            request,
            "home.html",
            now=now,
            next=following,
            later=[row for row in later if row not in following],
            more=len(rows) > COMING,
            past=past,
            waits=await self._waits(reader.account_id, now_ms),
            scope=scope,
            now_ms=now_ms,
        )

    async def _waits(self, account_id: str, now_ms: int) -> list[Wait]:
        """What minutes that are on their way ask of this reader, the nearest deadline first. A konsep that was never
        handed in is on its meeting's page; here it would stand for every meeting that was ever held."""
        waits: list[Wait] = []
        for row in await self._house.services.lists.unfinished(account_id, LOOKED_AT):
            try:
                state = await self._house.services.meetings.state(row.meeting_id)
            except BalaiError:
                continue  # another process has it just now; its own page says so
            person = state.person_of_account(account_id)
            acts = next_acts(state, now_ms) if person else ()
            waits += [
                Wait(row.meeting_id, row.title, act.kind, act.until_ms, row.zone)
                for act in acts
                if person and act.kind != "submit" and not has_acted(state, act, person.person_id)
            ]
        return sorted(waits, key=lambda one: one.until_ms or 1 << 62)

    async def coming(self, request: Request) -> Response:
        """All that are to come, in pages."""
        reader = self._house.signed_in(request)
        scope = self._scope(request)
        page = page_number(request.query.get("page", "1"))
        now_ms = self._house.services.clock.now_ms()
        whose = None if scope == "office" else reader.account_id
        rows = await self._house.services.lists.coming(whose, now_ms, PAST + 1, (page - 1) * PAST)
        if not rows and page > 1:
            return see_other(f"/meetings/coming?scope={scope}")
        return self._house.pages.page(
            request, "coming.html", rows=rows[:PAST], scope=scope, page=page, more=len(rows) > PAST
        )

    async def past(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        scope = self._scope(request)
        page = page_number(request.query.get("page", "1"))
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


def page_number(text: str) -> int:
    """What stands in ?page=; the first for anything that is none."""
    return int(text) if text.isascii() and text.isdigit() and 0 < len(text) < 5 and int(text) else 1

"""Searching the record of all meetings that the reader may see. What is found, and how, is the store's."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from aiohttp.web import Request, Response

from server.meeting.finding import PARTS, Search
from web.forms import CONTROL
from web.house import House
from web.views.home import page_number

ROWS = 20
LONGEST = 200


class SearchPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        reader = self._house.signed_in(request)
        typed = {name: _typed(request, name) for name in ("q", "who", "from", "to", "kind")}
        page = page_number(request.query.get("page", "1"))
        zone = self._house.services.office.zone
        wish = Search(
            None if reader.plans else reader.account_id,
            typed["q"],
            typed["who"],
            tuple(part for part in PARTS if part == typed["kind"]),
            midnight_ms(typed["from"], zone, 0),
            midnight_ms(typed["to"], zone, 1),
            (page - 1) * ROWS,
            ROWS + 1,
        )
        found = await self._house.services.searches.find(wish)
        return self._house.pages.page(
            request,
            "search.html",
            typed=typed,
            asked=bool(typed["q"] or typed["who"]),
            found=found[:ROWS],
            more=len(found) > ROWS,
            page=page,
            parts=PARTS,
            link=lambda number: str(request.rel_url.with_query({**_given(typed), "page": str(number)})),
        )


def _typed(request: Request, name: str) -> str:
    return " ".join(CONTROL.sub(" ", request.query.get(name, ""))[:LONGEST].split())


def _given(typed: dict[str, str]) -> dict[str, str]:
    return {name: one for name, one in typed.items() if one}


def midnight_ms(iso: str, zone: str, days: int) -> int:
    """The beginning of that day, or of one after it, where the office is; 0 for what is no date."""
    try:
        day = date.fromisoformat(iso) + timedelta(days=days)
        at = datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone)).astimezone(UTC)
    except (ValueError, OverflowError):
        return 0
    return max(round(at.timestamp() * 1000), 1)

"""The lists that pages show (coming, past), asked of the store's projections in the pages' own words."""

from __future__ import annotations

from collections.abc import Sequence

from server.store.listings import Listings, Page, Span
from server.store.projections import MeetingRow

LOOK_BACK_MS = 8 * 24 * 3_600_000  # no meeting is planned for longer than a week


class MeetingLists:
    """`account_id` None: every meeting of the office."""

    def __init__(self, listings: Listings) -> None:
        self._listings = listings

    async def coming(self, account_id: str | None, now_ms: int, limit: int) -> Sequence[MeetingRow]:
        """Open, or planned and not yet past their planned end; the first first."""
        page = await self._page(account_id, Span(from_ms=now_ms - LOOK_BACK_MS, limit=200))
        return [row for row in page if not _is_past(row, now_ms)][:limit]

    async def past(self, account_id: str | None, now_ms: int, limit: int, offset: int) -> Sequence[MeetingRow]:
        """All others, the last first."""
        page = await self._page(account_id, Span(to_ms=now_ms, newest_first=True, offset=offset, limit=limit))
        return [row for row in page if _is_past(row, now_ms)]

    async def under_way(self, now_ms: int) -> tuple[str, ...]:
        """Meetings that may have had somebody in their room when the server ended."""
        page = await self._page(None, Span(from_ms=now_ms - LOOK_BACK_MS, limit=200))
        return tuple(row.meeting_id for row in page if row.status in ("open", "planned"))

    async def _page(self, account_id: str | None, span: Span) -> Sequence[MeetingRow]:
        if account_id is None:
            return (await self._listings.all_meetings(span)).items
        own = await self._listings.meetings_for(account_id, span)
        return Page(tuple(one.meeting for one in own.items), own.total).items


def _is_past(row: MeetingRow, now_ms: int) -> bool:
    if row.status == "open":
        return False
    return row.status in ("closed", "cancelled") or row.ends_ms <= now_ms

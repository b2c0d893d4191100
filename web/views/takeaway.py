"""The whole record of a meeting as one archive, for secretaries and administrators. What is in it is elsewhere."""

from __future__ import annotations

from aiohttp.web import Request, Response

from server.errors import Refused
from web import i18n
from web.belonging import Belonging, belonging
from web.house import House
from web.views.papers import disposition


class TakeawayPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def send(self, request: Request) -> Response:
        one = await belonging(request, self._house.services)
        if not takes_away(one):
            raise Refused("meeting.not_allowed")
        await self._house.services.identity.audit.record(
            "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document="zip"
        )
        await self._house.services.meetings.settle(one.state.meeting_id)
        made = await self._house.services.archivist.pack(one.state.meeting_id)
        plan = one.state.plan
        day = i18n.local(plan.starts_ms, plan.zone).date().isoformat()
        name = f"{self._house.words(request)('page.file.archive')} {plan.title} {day}"
        headers = {
            "Content-Type": "application/zip",
            "Content-Disposition": disposition(f"{name}.zip"),
            "X-Last-Hash": made.last_hash,
        }
        return Response(body=made.content, headers=headers)


def takes_away(one: Belonging) -> bool:
    """It holds every name, address and number: for the office's planners and the meeting's secretary."""
    return one.reader.plans or (one.person is not None and one.person.role == "secretary")

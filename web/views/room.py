"""The page that carries the room's client: who the reader is, their ticket, and the client's words."""

from __future__ import annotations

from aiohttp.web import Request, Response

from server.identity.ports import Admission
from web.belonging import Belonging, belonging_or_guest
from web.house import House, see_other
from web.views.meeting import may_join


class RoomPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def show(self, request: Request) -> Response:
        """Where there is nothing to join (yet, or any more), the meeting's page says why."""
        one = await belonging_or_guest(request, self._house.services)
        if not self._may_come(one):
            return see_other(_outside(one))
        return self._house.pages.page(request, "room.html", state=one.state, room=await self._room(request, one))

    def _may_come(self, one: Belonging) -> bool:
        if one.guest is not None and (one.person is None or one.person.role == "guest"):
            return one.state.status in ("planned", "open")
        return may_join(one, self._house.services.clock.now_ms())

    async def _room(self, request: Request, one: Belonging) -> dict[str, object]:
        """RoomPage of web/client/src/room/model.ts."""
        plan, office = one.state.plan, self._house.services.office
        words = self._house.words(request)
        name = one.person.name if one.person else one.guest.name if one.guest else ""
        return {
            "ticket": self._ticket(one),
            "language": words.language,
            "meetingId": one.state.meeting_id,
            "title": plan.title,
            "startsMs": plan.starts_ms,
            "endsMs": plan.ends_ms,
            "zone": plan.zone,
            "name": name,
            "function": one.person.function if one.person else one.guest.function if one.guest else "",
            "role": one.person.role if one.person else "waiting",
            "office": {"name": office.name, "logo": "/office/logo" if office.logo else ""},
            "words": words.starting("room.", "common."),
            "phrases": await phrases(self._house) if one.leads else [],
            "leaveUrl": _outside(one),
        }

    def _ticket(self, one: Belonging) -> str:
        now_ms = self._house.services.clock.now_ms()
        return self._house.services.identity.tickets.issue(admission_of(one), one.credential, now_ms)


async def phrases(house: House) -> list[dict[str, str]]:
    """Phrase of web/client/src/room/model.ts: for those who write."""
    return [{"name": one.name, "text": one.text} for one in await house.services.phrases.all()]


def admission_of(one: Belonging) -> Admission:
    """Whom a ticket stands for."""
    reader, guest, meeting_id = one.reader, one.guest, one.state.meeting_id
    if guest is not None:
        return Admission(
            meeting_id,
            waiting_id=guest.waiting_id,
            language=reader.language,
            guest_name=guest.name,
            guest_office=guest.office,
            guest_function=guest.function,
        )
    return Admission(
        meeting_id,
        person_id=one.person.person_id if one.person else "",
        account_id=reader.account_id if one.credential.startswith("session:") else "",
        office_role=reader.office_role if one.credential.startswith("session:") else "",
        language=reader.language,
    )


def _outside(one: Belonging) -> str:
    if one.person is not None and one.person.role == "watcher":
        return f"/w/{one.state.meeting_id}"
    return f"/g/{one.state.meeting_id}" if one.guest is not None else f"/m/{one.state.meeting_id}"

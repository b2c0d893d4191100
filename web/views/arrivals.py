"""What came in by mail and is for somebody to look at: a meeting's on its board, all else on a page of the office; and
who is reminded when."""

from __future__ import annotations

from aiohttp.web import Request, Response

from server.errors import NotFound, Refused, Unavailable
from server.mail.inbox_ports import Arrival
from server.meeting import commands, facts
from server.meeting.correspondence import Reminders
from web.belonging import Belonging, belonging
from web.forms import read_form
from web.house import House, see_other
from web.ports import Inbox, Mail
from web.views.answers import ANSWERS, MESSAGE_LENGTH, NAME_LENGTH

MOST = 100
BEFORE = (10_080, 2_880, 1_440, 120, 60, 15)
SILENT = (4_320, 2_880, 1_440)
"""Minutes before the start that the page offers."""


def offered(reminders: Reminders) -> dict[str, tuple[tuple[int, bool], ...]]:
    """What may be chosen, with what is; whatever else was set is offered too."""
    return {
        name: tuple((one, one in chosen) for one in sorted({*known, *chosen}, reverse=True))
        for name, known, chosen in (("before", BEFORE, reminders.before), ("silent", SILENT, reminders.silent))
    }


class ArrivalPages:
    def __init__(self, house: House) -> None:
        self._house = house

    # ------------------------------------------------------------ of a meeting

    async def settle(self, request: Request) -> Response:
        """Apply the answer that came, as the secretary's word; or only put it away."""
        one, form = await self._may_plan(request), await read_form(request)
        meeting_id, arrival_id = one.state.meeting_id, request.match_info["arrival_id"]
        inbox = self._inbox()
        if form["do"] == "apply":
            came = await inbox.of_meeting(meeting_id)
            found = next((each for each in came if each.arrival_id == arrival_id and each.state == "open"), None)
            if found is None:
                raise NotFound("mail.unknown")
            await self._house.services.meetings.submit(meeting_id, one.actor, _answer(found, one.state.plan.starts_ms))
        if await inbox.settle(meeting_id, arrival_id) is None:
            raise NotFound("mail.unknown")
        done = "replied" if form["do"] == "apply" else "arrival_settled"
        return see_other(f"/m/{meeting_id}/invitations?done={done}")

    async def remind(self, request: Request) -> Response:
        """Which reminders this meeting has; or ask the silent now."""
        one, form = await self._may_plan(request), await read_form(request)
        back = f"/m/{one.state.meeting_id}/invitations?done="
        if form["do"] == "ask":
            return see_other(back + ("asked" if await self._mail().ask(one.state.meeting_id) else "asked_nobody"))
        chosen = {
            name: tuple(minutes for minutes, _ in pairs if form[f"{name}_{minutes}"])
            for name, pairs in offered(one.state.correspondence.reminders or self._mail().usual).items()
        }
        wish = commands.SetReminders(chosen["before"], chosen["silent"])
        await self._house.services.meetings.submit(one.state.meeting_id, one.actor, wish)
        return see_other(back + "saved")

    # ------------------------------------------------------------ of the office

    async def show(self, request: Request) -> Response:
        self._house.planner(request)
        inbox = self._house.services.inbox
        return self._house.pages.page(
            request,
            "inbox.html",
            arrivals=await inbox.of_nobody(MOST) if inbox else (),
            is_on=inbox is not None,
            fault=inbox.fault if inbox else "",
            zone=self._house.services.office.zone,
        )

    async def settle_of_office(self, request: Request) -> Response:
        self._house.planner(request)
        if await self._inbox().settle("", request.match_info["arrival_id"]) is None:
            raise NotFound("mail.unknown")
        return see_other("/inbox?done=arrival_settled")

    # ------------------------------------------------------------

    def _inbox(self) -> Inbox:
        inbox = self._house.services.inbox
        if inbox is None:
            raise Unavailable("mail.off")
        return inbox

    def _mail(self) -> Mail:
        mail = self._house.services.mail
        if mail is None:
            raise Unavailable("mail.off")
        return mail

    async def _may_plan(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if not one.plans:
            raise Refused("meeting.not_allowed")
        return one


def _answer(arrival: Arrival, starts_ms: int) -> commands.AnswerInvitation:
    """For the time that holds now: whoever applies it has looked."""
    answer: facts.Answer | None = next((one for one in ANSWERS if one == arrival.answer), None)
    if answer is None or not arrival.person_id:
        raise NotFound("mail.unknown")
    return commands.AnswerInvitation(
        arrival.person_id,
        answer,
        starts_ms,
        stand_in_name=arrival.stand_in_name[:NAME_LENGTH],
        message=arrival.text[:MESSAGE_LENGTH],
        stand_in_email=arrival.stand_in_email,
    )

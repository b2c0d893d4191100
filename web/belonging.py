"""Whether the reader belongs to a meeting, and as whom. To everybody else the meeting does not exist.

Rights inside the meeting are for its own rules; here is only decided what its pages show.
"""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp.web import Request

from server.errors import NotFound, Unauthenticated
from server.identity.ports import Guest, JoinLink
from server.meeting import roles
from server.meeting.commands import Actor
from server.meeting.state import Person, State
from web.ports import Services
from web.reader import Reader
from web.security import READER, SignInFirst


@dataclass(frozen=True, slots=True)
class Belonging:
    """`credential` is what a ticket into the room stands on. `person` None: an office secretary or administrator who is
    not invited, or a guest who still waits (`guest`)."""

    reader: Reader
    state: State
    person: Person | None
    credential: str
    guest: Guest | None = None

    @property
    def actor(self) -> Actor:
        return Actor(
            person_id=self.person.person_id if self.person else "",
            account_id=self.reader.account_id,
            office_role=self.reader.office_role,
        )

    @property
    def leads(self) -> bool:
        return self.person is not None and self.person.role in roles.LEADERS

    @property
    def plans(self) -> bool:
        """May change the plan, and see everybody's links."""
        return self.leads or self.reader.plans


async def belonging(request: Request, services: Services) -> Belonging:
    """For outsiders, and for the public outside the room, a meeting is not there: NotFound("meeting.unknown"). Who is
    not signed in may be no outsider: SignInFirst, whether there is such a meeting or not."""
    found = await find(request, services)
    if found is None or (not found.reader.plans and (found.person is None or found.person.role == "watcher")):
        raise _outside(request)
    return found


async def belonging_or_guest(request: Request, services: Services) -> Belonging:
    """Also those who wait to be let in."""
    found = await find(request, services)
    if found is None:
        raise _outside(request)
    return found


def _outside(request: Request) -> NotFound | SignInFirst:
    return SignInFirst() if request[READER].account is None else NotFound("meeting.unknown")


async def standing(services: Services, meeting_id: str) -> State:
    """NotFound("meeting.unknown"), whatever the journal calls it."""
    try:
        state = await services.meetings.state(meeting_id)
    except NotFound:
        raise NotFound("meeting.unknown") from None
    if state.status == "none":
        raise NotFound("meeting.unknown")
    return state


async def linked(services: Services, link: JoinLink) -> tuple[State, Person]:
    """The meeting and the person that a personal link is for. Unauthenticated where there is none any more."""
    try:
        state = await standing(services, link.meeting_id)
    except NotFound:
        raise Unauthenticated("link.invalid") from None
    person = state.people.get(link.person_id)
    if person is None:
        raise Unauthenticated("link.revoked")
    return state, person


async def find(request: Request, services: Services) -> Belonging | None:
    """None: there is no such meeting, or the reader has nothing to do with it."""
    reader, meeting_id = request[READER], request.match_info["meeting_id"]
    try:
        state = await standing(services, meeting_id)
    except NotFound:
        return None
    if reader.session is not None:
        person = state.person_of_account(reader.account_id)
        if person is not None or reader.plans:
            return Belonging(reader, state, person, f"session:{reader.session.session_id}")
    link = await services.identity.links.of_visitor(meeting_id, reader.visitor)
    if link is not None and (person := state.people.get(link.person_id)) is not None and not person.account_id:
        return Belonging(reader, state, person, f"link:{link.link_id}")
    guest = await services.identity.guests.find(meeting_id, reader.visitor)
    if guest is not None:
        person = state.people.get(state.admitted.get(guest.waiting_id, ""))
        return Belonging(reader, state, person, f"guest:{guest.waiting_id}", guest)
    return None

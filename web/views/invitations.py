"""The letter before it goes out, and the board after: to whom, how far each mail came, and who answered what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Literal, get_args

from aiohttp.web import Request, Response

from server.errors import Refused, Unavailable
from server.mail.inbox_ports import Arrival
from server.mail.ports import Post
from server.meeting import facts
from server.meeting.correspondence import Reply, expected
from server.meeting.quorum import Quorum
from server.meeting.state import Person, State
from web import i18n
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other
from web.ports import Mail, Services
from web.views import letter_form, letter_preview
from web.views.arrivals import offered
from web.views.letter_form import Offered
from web.views.letter_preview import CAPACITIES, NATURES, LetterPreview
from web.views.papers import TYPES, disposition

NOTES = ("automatic", "bounce", "delay")
PREVIEW_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"
"""A mail has its styles in it; nothing else of it may act."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One addressee. `post`: the last letter to them; `stale`: they answered for another time than the one that holds.
    `reminders` and `notes`: what else was written to them, and what came back that answers nothing; the last first."""

    person: Person
    post: Post | None
    reply: Reply | None
    stale: bool
    reminders: tuple[Post, ...] = ()
    notes: tuple[Arrival, ...] = ()


@dataclass(frozen=True, slots=True)
class Board:
    """`counts`: by answer; `silent` for who said nothing yet. `quorum`: as far as the answers tell. `settling_ms`: when
    the last changes will be told. `fault`: why no mail goes out; `unread`: why none comes in. `waiting`: what came in
    and is for somebody to look at."""

    entries: tuple[Entry, ...]
    counts: Mapping[str, int]
    quorum: Quorum
    settling_ms: int
    fault: str
    unread: str = ""
    waiting: tuple[Arrival, ...] = ()

    @property
    def without_address(self) -> tuple[Person, ...]:
        return tuple(one.person for one in self.entries if not one.person.email)

    @property
    def failed(self) -> int:
        return sum(one.post is not None and one.post.state == "failed" for one in self.entries)


async def board(services: Services, state: State) -> Board:
    mail, inbox = services.mail, services.inbox
    came = await inbox.of_meeting(state.meeting_id) if inbox else ()
    posts: Sequence[Post] = await mail.posts(state.meeting_id) if mail else ()
    last: dict[str, Post] = {}
    for post in filter(lambda one: one.is_letter, posts):
        if post.person_id not in last or post.sequence > last[post.person_id].sequence:
            last[post.person_id] = post
    replies = state.correspondence.replies
    people = [one for one in state.people.values() if one.invited]
    entries = tuple(
        Entry(
            one,
            last.get(one.person_id),
            reply := replies.get(one.person_id),
            reply is not None and reply.starts_ms != state.plan.starts_ms,
            tuple(post for post in reversed(posts) if post.person_id == one.person_id and not post.is_letter),
            tuple(note for note in came if note.person_id == one.person_id and note.kind in NOTES),
        )
        for one in people
    )
    answers = [one.reply.answer if one.reply and not one.stale else "silent" for one in entries]
    counts = {name: answers.count(name) for name in (*get_args(facts.Answer), "silent")}
    settling_ms = await mail.settling(state.meeting_id) if mail else 0
    return Board(entries, counts, expected(state), settling_ms, mail.fault if mail else "",
        inbox.fault if inbox else "", tuple(one for one in came if one.state == "open"),
    )  # fmt: skip


class Invitations:
    def __init__(self, house: House) -> None:
        self._house = house
        self._drafts = LetterPreview(house.services)

    async def show(self, request: Request) -> Response:
        one = await self._may_plan(request)
        offered, today = await self._offered(), letter_preview.today(self._house.services, one.state.plan.zone)
        return await self._page(request, one, letter_form.begin(one.state, offered, today.isoformat()))

    async def send(self, request: Request) -> Response:
        one = await self._may_plan(request)
        form = await read_form(request)
        if form["use"]:  # only the template's words are wanted
            return await self._page(request, one, letter_form.with_template(form, await self._offered()))
        if self._house.services.mail is None:
            raise Unavailable("mail.off")
        wish = letter_form.wish(form)
        if not await self._house.carried_out(one.state.meeting_id, wish, one.actor, form):
            return await self._page(request, one, form, HTTPStatus.BAD_REQUEST)
        if one.state.recurring.series is not None:
            await self._house.services.series.sync(one.state.meeting_id)
        done = "letter_changed" if one.state.correspondence.letter else "invited"
        return see_other(f"/m/{one.state.meeting_id}/invitations?done={done}")

    async def draft(self, request: Request) -> Response:
        """The letter as the form has it, as a picture or a PDF."""
        one = await self._may_plan(request)
        wish = letter_form.wish(await read_form(request))
        state = await self._drafts.lettered(one.state, wish, one.actor)
        form: Literal["png", "pdf"] = "png" if request.match_info["form"] == "png" else "pdf"
        return await self._drafts.answer(state, self._house.services.office.language, form)

    async def again(self, request: Request) -> Response:
        one = await self._may_plan(request)
        await self._mail().again(one.state.meeting_id, request.match_info["person_id"])
        return see_other(f"/m/{one.state.meeting_id}/invitations?done=mail_again")

    async def preview(self, request: Request) -> Response:
        """The mail as the person asked for would see it, in the language of whoever looks."""
        one = await self._may_plan(request)
        html = await self._mail().preview(one.state, request.query.get("person", ""), one.reader.language)
        return Response(text=html, content_type="text/html", headers={"Content-Security-Policy": PREVIEW_POLICY})

    async def paper(self, request: Request) -> Response:
        """The letter: for whoever plans at any time, for the others once it was sent."""
        one, form = await belonging(request, self._house.services), request.match_info["form"]
        if form == "docx" and not one.plans:
            raise Refused("meeting.not_allowed")  # to be worked on further, by the office's own template
        if not one.plans and one.state.correspondence.letter is None:
            raise Refused("meeting.not_allowed")
        await self._house.services.identity.audit.record(
            "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document=f"undangan.{form}"
        )
        papers, language = self._house.services.papers, one.reader.language
        if form == "docx":
            body = await papers.paper(one.state.meeting_id, "invitation", "docx", language)
        else:
            body = await papers.invitation_pdf(one.state.meeting_id, language)
        day = i18n.local(one.state.plan.starts_ms, one.state.plan.zone).date().isoformat()
        name = f"{self._house.words(request)('page.file.invitation')} {one.state.plan.title} {day}.{form}"
        headers = {"Content-Type": TYPES["docx" if form == "docx" else "pdf"], "Content-Disposition": disposition(name)}
        return Response(body=body, headers=headers)

    async def _offered(self) -> Offered:
        services = self._house.services
        registers = tuple(one for one in await services.registers.all() if not one.closed)
        return Offered(registers, await services.templates.all())

    def _reminders(self, state: State) -> dict[str, tuple[tuple[int, bool], ...]]:
        mail = self._house.services.mail
        return offered(state.correspondence.reminders or mail.usual) if mail else {}

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

    async def _page(self, request: Request, one: Belonging, form: Form, status: int = HTTPStatus.OK) -> Response:
        return self._house.pages.page(
            request,
            "invitations.html",
            status,
            one=one,
            state=one.state,
            form=form,
            board=await board(self._house.services, one.state),
            reminders=self._reminders(one.state),
            natures=NATURES,
            capacities=CAPACITIES,
            offered=await self._offered(),
            mail_is_on=self._house.services.mail is not None,
        )

"""The minutes on a page: the notula to read, what becomes of it, who has to act next, and the forms for those who may.

Every wish goes through the rules; a form that was refused comes back with everything that was typed.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TypeAlias
from zoneinfo import ZoneInfo

from aiohttp.web import FileField, Request, Response

from server.documents.papers import Signed
from server.documents.scans import MOST_PAGES, SCAN_BYTES
from server.documents.sheet import Block, Heading
from server.documents.signing import Credentials
from server.errors import BalaiError, NotFound, Refused
from server.identity.nik import is_nik
from server.meeting import commands, roles
from server.meeting.approving import Act, attendees, next_acts
from server.meeting.commands import Command
from server.meeting.minutes import Comment, Stage
from server.meeting.state import State
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other

TEXT, REASON, REMARK, PASSPHRASE = 4_000, 1_000, 2_000, 200
STEPS: tuple[tuple[str, tuple[Stage, ...]], ...] = (
    ("draft", ("draft",)),
    ("review", ("review", "reviewed")),
    ("comments", ("comments", "answering")),
    ("approved", ("approved",)),
    ("signed", ("signed",)),
    ("frozen", ("frozen",)),
)
Read: TypeAlias = Callable[[Form, Belonging], Command]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the stepper. `place`: done, now or ahead."""

    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Passage:
    """Blocks of the notula up to the next heading of an agenda item; `item_id` "": not of one."""

    item_id: str
    blocks: tuple[Block, ...]
    comments: tuple[Comment, ...]


@dataclass(frozen=True, slots=True)
class Standing:
    """How the minutes stand, for one reader."""

    stage: Stage
    steps: tuple[Step, ...]
    acts: tuple[Act, ...]
    mine: frozenset[str]  # kinds of act that wait for this reader
    may: frozenset[str]  # names of commands whose form is shown


def standing_of(one: Belonging, now_ms: int) -> Standing:
    """For the section on the meeting's page and for the page of the minutes."""
    state = one.state
    acts = next_acts(state, now_ms)
    person_id = one.person.person_id if one.person else ""
    mine = frozenset(act.kind for act in acts if person_id and person_id in act.people)
    return Standing(state.minutes.stage, steps(state.minutes.stage), acts, mine, _may(one, now_ms))


def steps(stage: Stage) -> tuple[Step, ...]:
    at = next(place for place, (_, stages) in enumerate(STEPS) if stage in stages)
    last = len(STEPS) - 1
    return tuple(
        Step(name, "done" if place < at or at == last else "now" if place == at else "ahead")
        for place, (name, _) in enumerate(STEPS)
    )


def _may(one: Belonging, now_ms: int) -> frozenset[str]:
    """What the table allows, less what this meeting would refuse: a form that can only fail is not shown."""
    state, minutes = one.state, one.state.minutes
    playing, person_id = roles.parts(state, one.actor), one.actor.person_id
    allowed = {
        kind.__name__
        for kind, right in roles.RIGHTS.items()
        if right.parts & playing and state.status in right.statuses and minutes.stage in right.stages
    }
    if person_id not in minutes.reviewers or person_id in minutes.reviews:
        allowed.discard("ReviewMinutes")
    if person_id not in attendees(state) or now_ms >= minutes.until_ms:
        allowed.discard("CommentMinutes")
    if minutes.open_comments:
        allowed.discard("ApproveMinutes")
    if any(sign.person_id == person_id and sign.manner != "scan" for sign in minutes.signatures):
        allowed.discard("SignMinutes")
    if all(state.role(sign.person_id) != "chair" for sign in minutes.signatures):
        allowed.discard("FreezeMinutes")
    return frozenset(allowed)


class MinutesPage:
    def __init__(self, house: House) -> None:
        self._house = house
        self._acts: Mapping[str, tuple[Read, str]] = {
            "submit": (_submit, "minutes_submitted"),
            "review": (_review, "minutes_reviewed"),
            "return": (_return, "minutes_returned"),
            "open_comments": (_open_comments, "comments_opened"),
            "comment": (_comment, "commented"),
            "answer": (_answer, "answered"),
            "approve": (_approve, "minutes_approved"),
            "freeze": (_freeze, "minutes_frozen"),
            "ralat": (_ralat, "ralat_recorded"),
        }

    async def show(self, request: Request) -> Response:
        return await self._page(request, await self._closed(request), Form())

    async def submit(self, request: Request) -> Response:
        one, form = await self._closed(request), await read_form(request)
        read, done = self._acts.get(form["act"], (None, ""))
        if read is None:
            raise Refused("http.form")
        if form["act"] == "submit":
            form = Form({**form.typed, "reviewers": " ".join(await _chosen(request))})
        if await self._house.carried_out(one.state.meeting_id, read(form, one), one.actor, form):
            return see_other(f"/m/{one.state.meeting_id}/minutes?done={done}")
        return await self._page(request, await self._closed(request), form, HTTPStatus.BAD_REQUEST)

    async def sign(self, request: Request) -> Response:
        """By the office's key in the name of who is signed in, or by a service with their own certificate."""
        one = await self._may_sign(request)
        form, papers = await read_form(request), self._house.services.papers
        credentials = await self._credentials(one, form) if papers.asks == "passphrase" else None
        return await self._signed(request, one, papers.sign(one.state.meeting_id, one.actor.person_id, credentials))

    async def _credentials(self, one: Belonging, form: Form) -> Credentials:
        """The account's NIK, else the one that was typed, which is kept nowhere; the passphrase never is. Neither comes
        back with the page."""
        account_id = one.reader.account_id
        nik = (await self._house.services.identity.accounts.by_id(account_id)).nik if account_id else ""
        typed = "".join(form["nik"].split())
        return Credentials(nik or (typed if is_nik(typed) else ""), form["passphrase"][:PASSPHRASE])

    async def scan(self, request: Request) -> Response:
        """On paper: one PDF, or photographs of its pages. It replaces the file before, if any, and bears all
        signatures."""
        one = await self._may_sign(request)
        files = [part for part in (await request.post()).getall("scan", []) if isinstance(part, FileField)]
        read = [await asyncio.to_thread(part.file.read, SCAN_BYTES + 1) for part in files[: MOST_PAGES + 1]]
        papers, previous = self._house.services.papers, one.state.minutes.signed_digest
        return await self._signed(request, one, papers.take_scan(one.state.meeting_id, previous, read))

    async def _has_nik(self, one: Belonging) -> bool:
        if self._house.services.papers.asks == "nothing" or not one.reader.account_id:
            return False
        return bool((await self._house.services.identity.accounts.by_id(one.reader.account_id)).nik)

    async def _may_sign(self, request: Request) -> Belonging:
        """Refused before any work is done; the rules decide once more."""
        one = await self._closed(request)
        roles.check(one.state, commands.SignMinutes("", "", "scan"), one.actor)
        return one

    async def _signed(self, request: Request, one: Belonging, making: Awaitable[Signed]) -> Response:
        services, meeting_id, form = self._house.services, one.state.meeting_id, Form()
        try:
            signed = await making
            wish = commands.SignMinutes(signed.previous, signed.digest, signed.manner)
            try:
                await services.meetings.submit(meeting_id, one.actor, wish)
            except BalaiError:
                await services.papers.discard(meeting_id, signed.digest)
                raise
        except BalaiError as error:
            form.refuse(error)
            return await self._page(request, await self._closed(request), form, HTTPStatus.BAD_REQUEST)
        return see_other(f"/m/{meeting_id}/minutes?done=minutes_signed")

    async def lines(self, request: Request) -> Response:
        """The very bytes whose SHA-256 the approval fixes."""
        one = await self._closed(request)
        paper = await self._house.services.papers.minutes(one.state.meeting_id, one.reader.language)
        await self._house.services.identity.audit.record(
            "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document="minutes.json"
        )
        name = f'attachment; filename="minutes-{one.state.meeting_id}.json"'
        return Response(body=paper.lines, content_type="application/json", headers={"Content-Disposition": name})

    async def _closed(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if one.state.status != "closed":
            raise NotFound("minutes.not_yet")
        if not one.leads:
            return one
        await self._house.services.meetings.settle(one.state.meeting_id)  # what is shown is what would be approved
        return await belonging(request, self._house.services)

    async def _page(self, request: Request, one: Belonging, form: Form, status: int = HTTPStatus.OK) -> Response:
        now_ms = self._house.services.clock.now_ms()
        paper = await self._house.services.papers.minutes(one.state.meeting_id, one.reader.language)
        return self._house.pages.page(
            request,
            "minutes.html",
            status,
            one=one,
            state=one.state,
            minutes=one.state.minutes,
            standing=standing_of(one, now_ms),
            paper=paper,
            passages=passages(paper.sheet.blocks, tuple(one.state.minutes.comments.values())),
            general=tuple(comment for comment in one.state.minutes.comments.values() if not comment.item_id),
            form=form,
            signs=self._house.services.papers.signs,
            asks=self._house.services.papers.asks,
            has_nik=await self._has_nik(one),
            fresh_id=secrets.token_hex(8),
            reviewers=[person for person in one.state.people.values() if person.invited],
            week=_days_ahead(one.state, now_ms, 7),
        )


def passages(blocks: Sequence[Block], comments: Sequence[Comment]) -> tuple[Passage, ...]:
    """The notula in parts, each agenda item with what was said about it."""
    parts: list[tuple[str, list[Block]]] = [("", [])]
    for block in blocks:
        if isinstance(block, Heading) and (block.level <= 2 or block.about):
            parts.append((block.about, []))
        parts[-1][1].append(block)
    return tuple(
        Passage(item_id, tuple(part), tuple(one for one in comments if item_id and one.item_id == item_id))
        for item_id, part in parts
        if part
    )


async def _chosen(request: Request) -> list[str]:
    return [value for value in (await request.post()).getall("reviewer", []) if isinstance(value, str)]


def _days_ahead(state: State, now_ms: int, days: int) -> str:
    """An ISO day in the meeting's zone, as a date field has it."""
    return datetime.fromtimestamp(now_ms / 1000 + days * 86_400, ZoneInfo(state.plan.zone)).date().isoformat()


# ------------------------------------------------------------ what each form says


def _submit(form: Form, one: Belonging) -> Command:
    until_ms = _end_of(form, "review_until", one) if form["review_until"].strip() else 0
    return commands.SubmitMinutes(tuple(form["reviewers"].split()[:50]), until_ms)


def _review(form: Form, _: Belonging) -> Command:
    return commands.ReviewMinutes(form["verdict"] == "yes", _number(form["version"]), form.lines("remark", REMARK))


def _return(form: Form, _: Belonging) -> Command:
    return commands.ReturnMinutes(form.lines("reason", REASON, required="minutes.reason"))


def _open_comments(form: Form, one: Belonging) -> Command:
    return commands.OpenComments(_end_of(form, "until", one))


def _end_of(form: Form, name: str, one: Belonging) -> int:
    """Of the day that stands in this field, in the meeting's zone."""
    try:
        day = datetime.fromisoformat(f"{form[name].strip()}T23:59:00").replace(tzinfo=ZoneInfo(one.state.plan.zone))
        return int(day.timestamp() * 1000)
    except (ValueError, OverflowError):
        form.fault(name, "minutes.deadline")
        return 0


def _comment(form: Form, _: Belonging) -> Command:
    text = form.lines("text", TEXT, required="text.empty")
    return commands.CommentMinutes(_id(form, "comment_id"), form["item_id"], text)


def _answer(form: Form, _: Belonging) -> Command:
    if form["verdict"] not in ("yes", "no"):
        form.fault("verdict", "http.form")
    reason = form.lines("reason", REASON, required="minutes.reason")
    return commands.AnswerComment(_id(form, "comment_id"), form["verdict"] == "yes", reason)


def _approve(form: Form, _: Belonging) -> Command:
    return commands.ApproveMinutes(form["digest"], _number(form["version"]))


def _freeze(_: Form, __: Belonging) -> Command:
    return commands.FreezeMinutes()


def _ralat(form: Form, _: Belonging) -> Command:
    return commands.RecordRalat(_id(form, "ralat_id"), form.lines("text", TEXT, required="text.empty"))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def _id(form: Form, name: str) -> str:
    """Made with the page, so that a form sent twice is recorded once."""
    value = form[name]
    if not (0 < len(value) <= 64 and value.isascii() and value.replace("-", "").replace("_", "").isalnum()):
        form.fault(name, "http.form")
    return value

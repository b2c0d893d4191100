"""A meeting's recordings: what was taken, the watchable files and how far they are, and their bytes in any range.

Everybody who belongs to the meeting may watch, guests excepted; chair, secretary and the office's secretaries order,
cut and throw away (the rules say so). Nobody else learns that there is anything.
"""

from __future__ import annotations

import re
import secrets
from http import HTTPStatus

from aiohttp.web import Request, Response, StreamResponse, json_response

from recordings.library import OpenFile, Shelf
from recordings.seal import SealBroken
from server.errors import NotFound, Refused
from server.meeting import commands, roles
from web import i18n
from web.belonging import Belonging, belonging
from web.forms import Form, read_form
from web.house import House, see_other
from web.ports import Recordings
from web.ranges import OutOfRange, wanted
from web.views.papers import disposition

_CLOCK = re.compile(r"(?:(\d{1,2}):)?(\d{1,3}):(\d{2})|(\d{1,6})")
DONE = {"compose": "composition_ordered", "clip": "clip_ordered", "withdraw": "composition_withdrawn"}


class RecordingsPage:
    def __init__(self, house: House, library: Recordings) -> None:
        self._house, self._library = house, library

    async def show(self, request: Request) -> Response:
        return await self._page(request, await self._may(request), Form())

    async def status(self, request: Request) -> Response:
        """What is being made, for a page that waits. Polled every few seconds while there is anything."""
        one = await self._may(request)
        shelf = await self._library.shelf(one.state)
        words = self._house.words(request)
        jobs = [
            {
                "composition_id": job.composition_id,
                "kind": composition.kind,
                "doing": job.doing,
                "share": round(job.share, 4),
                "text": words(f"page.recordings.doing.{job.doing}"),
            }
            for composition, job in shelf.jobs
        ]
        return json_response({"jobs": jobs, "ready": shelf.whole is not None})

    async def act(self, request: Request) -> Response:
        one, form = await self._may(request), await read_form(request)
        act, meeting_id = form["act"], one.state.meeting_id
        if act not in DONE:
            raise Refused("http.form")
        if await self._house.carried_out(meeting_id, _wish(form), one.actor, form):
            return see_other(f"/m/{meeting_id}/recordings?done={DONE[act]}")
        return await self._page(request, await self._may(request), form, HTTPStatus.BAD_REQUEST)

    async def send(self, request: Request) -> StreamResponse:
        """One file, or a range of it. `?download=1`: to be kept, under a name that says what it is."""
        one = await self._may(request)
        composition_id, name = request.match_info["composition_id"], request.match_info["name"]
        async with self._library.open(one.state, composition_id, name) as file:
            response, start, end = self._answer(request, one, file)
            if "Content-Disposition" in response.headers and start == 0:
                await self._house.services.identity.audit.record(
                    "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document=name
                )
            await response.prepare(request)
            if request.method != "HEAD":
                await _stream(response, file, start, end)
            return response

    def _answer(self, request: Request, one: Belonging, file: OpenFile) -> tuple[StreamResponse, int, int]:
        etag = f'"{file.etag}"'
        headers = {"ETag": etag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
        if request.headers.get("If-None-Match") == etag:
            return StreamResponse(status=HTTPStatus.NOT_MODIFIED, headers=headers), 0, 0
        try:
            span = wanted(request.headers.get("Range", ""), request.headers.get("If-Range", ""), etag, file.size)
        except OutOfRange:
            headers["Content-Range"] = f"bytes */{file.size}"
            return StreamResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, headers=headers), 0, 0
        start, end = span or (0, file.size)
        headers["Content-Type"] = file.mime_type
        headers["Content-Length"] = str(end - start)
        if span:
            headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
        if "download" in request.query:
            plan = one.state.plan
            day = i18n.local(plan.starts_ms, plan.zone).date().isoformat()
            ending = request.match_info["name"].rpartition(".")[2]
            name = f"{self._house.words(request)('page.file.recording')} {plan.title} {day}.{ending}"
            headers["Content-Disposition"] = disposition(name)
        status = HTTPStatus.PARTIAL_CONTENT if span else HTTPStatus.OK
        return StreamResponse(status=status, headers=headers), start, end

    async def _may(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if not may_watch(one):
            raise NotFound("meeting.unknown")
        return one

    async def _page(self, request: Request, one: Belonging, form: Form, status: int = HTTPStatus.OK) -> Response:
        shelf = await self._library.shelf(one.state)
        return self._house.pages.page(
            request,
            "recordings.html",
            status,
            state=one.state,
            shelf=shelf,
            form=form,
            may_order=may_order(one),
            can_compose=_can_compose(one, shelf),
        )


def may_watch(one: Belonging) -> bool:
    return one.reader.plans or (one.person is not None and one.person.invited)


def may_order(one: Belonging) -> bool:
    return bool(roles.RIGHTS[commands.OrderComposition].parts & roles.parts(one.state, one.actor))


def _can_compose(one: Belonging, shelf: Shelf) -> bool:
    now = one.state.recording
    waiting = any(composition.kind == "whole" for composition, _ in shelf.jobs)
    return may_order(one) and now.status == "off" and now.sealed and not waiting and not one.state.keeping.erased


def _wish(form: Form) -> commands.Command:
    if form["act"] == "withdraw":
        return commands.WithdrawComposition(form["composition_id"][:64])
    new_id = secrets.token_hex(8)
    if form["act"] == "compose":
        return commands.OrderComposition(new_id)
    return commands.OrderComposition(new_id, "clip", _moment(form, "from"), _moment(form, "until"))


def _moment(form: Form, name: str) -> int:
    """1:02:03, 62:03 or seconds, in ms."""
    found = _CLOCK.fullmatch(form[name].strip().replace(".", ":"))
    if found is None:
        form.fault(name, "composition.moment")
        return 0
    hours, minutes, seconds, plain = (int(one or 0) for one in found.groups())
    return (hours * 3600 + minutes * 60 + seconds + plain) * 1000


async def _stream(response: StreamResponse, file: OpenFile, start: int, end: int) -> None:
    try:
        async for block in file.read(start, end):
            await response.write(block)
        await response.write_eof()
    except SealBroken:
        response.force_close()  # shorter than was promised: the browser sees that it is not whole

"""Documents of a meeting: put up by who plans it, fetched by who belongs to it; always as a file, never as a page."""

from __future__ import annotations

import asyncio
import secrets
from hashlib import sha256

from aiohttp.web import FileField, Request, Response

from server.documents.sniff import MOST_BYTES, Sniffed, sniff
from server.errors import BalaiError, Invalid, NotFound, Refused
from server.meeting import commands
from web.belonging import Belonging, belonging
from web.house import House, see_other
from web.views.papers import disposition

ITEM_LENGTH = 64


class Documents:
    def __init__(self, house: House) -> None:
        self._house = house

    async def add(self, request: Request) -> Response:
        """One or several files of one item. What cannot be taken is refused before any of them is."""
        one = await self._may_plan(request)
        posted = await request.post()
        files = [field for field in posted.getall("file", []) if isinstance(field, FileField) and field.filename]
        if not files:
            raise Invalid("document.none", field="file")
        read = [await asyncio.to_thread(_read, field) for field in files]
        item_id = str(posted.get("item_id", ""))[:ITEM_LENGTH]
        for sniffed, content in read:
            await self._attach(one, item_id, sniffed, content)
        return see_other(f"/m/{one.state.meeting_id}?done=document_added#documents")

    async def _attach(self, one: Belonging, item_id: str, sniffed: Sniffed, content: bytes) -> None:
        services, meeting_id, document_id = self._house.services, one.state.meeting_id, secrets.token_hex(8)
        digest = sha256(content).hexdigest()
        wish = commands.AttachDocument(document_id, item_id, sniffed.name, sniffed.media_type, len(content), digest)
        await services.documents.keep(meeting_id, document_id, content)
        try:
            await services.meetings.submit(meeting_id, one.actor, wish)
        except BalaiError:
            await services.documents.drop(meeting_id, document_id)
            raise

    async def remove(self, request: Request) -> Response:
        one = await self._may_plan(request)
        document_id, services = request.match_info["document_id"], self._house.services
        await services.meetings.submit(one.state.meeting_id, one.actor, commands.WithdrawDocument(document_id))
        await services.documents.drop(one.state.meeting_id, document_id)
        return see_other(f"/m/{one.state.meeting_id}?done=document_removed#documents")

    async def send(self, request: Request) -> Response:
        """For everybody who belongs to the meeting; for others neither it nor the meeting is there."""
        one = await belonging(request, self._house.services)
        found = one.state.attachments.get(request.match_info["document_id"])
        if found is None:
            raise NotFound("document.gone")
        body = await self._house.services.documents.read(one.state.meeting_id, found.document_id, found.digest)
        await self._house.services.identity.audit.record(
            "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document=found.document_id
        )
        headers = {
            "Content-Type": found.media_type,
            "Content-Disposition": disposition(found.name),
            "Content-Security-Policy": "default-src 'none'; sandbox",
        }
        return Response(body=body, headers=headers)

    async def _may_plan(self, request: Request) -> Belonging:
        one = await belonging(request, self._house.services)
        if not one.plans:
            raise Refused("meeting.not_allowed")
        return one


def _read(field: FileField) -> tuple[Sniffed, bytes]:
    content = field.file.read(MOST_BYTES + 1)
    return sniff(field.filename, content), content

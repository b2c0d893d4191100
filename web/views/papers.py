"""Downloads of a meeting's documents, for those who belong to it."""

from __future__ import annotations

import re
import unicodedata
from typing import Literal
from urllib.parse import quote

from aiohttp.web import Request, Response

from server.documents.papers import FORMS, Form, Kind
from server.errors import NotFound
from web import i18n
from web.belonging import belonging
from web.house import House

TYPES: dict[Form, str] = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "odt": "application/vnd.oasis.opendocument.text",
    "html": "text/html; charset=utf-8",
    "md": "text/markdown; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
OFFERED: tuple[Kind, ...] = ("notula", "risalah", "report", "decision", "attendance", "votes")
"""The letter has an address of its own."""
LONGEST_NUMBER = 6  # digits of a decision's number


class Downloads:
    def __init__(self, house: House) -> None:
        self._house = house

    async def send(self, request: Request) -> Response:
        """NotFound("meeting.no_papers") before the meeting was opened; while it goes on, the record so far.
        `?document=id|en` asks for the document in that language, without changing the pages'. A notula that was signed
        is the file that was signed; `?unsigned` asks for one made now, with the ralat that were recorded since;
        `?show`: to be looked at."""
        one = await belonging(request, self._house.services)
        kind, form, number = _wanted(request)
        if not one.state.opened_ms:
            raise NotFound("meeting.no_papers")
        if one.leads:  # with the words that chair and secretary wrote a moment ago
            await self._house.services.meetings.settle(one.state.meeting_id)
        wanted = request.query.get("document", "")
        language = wanted if wanted in i18n.LANGUAGES else one.reader.language
        papers, signed = self._house.services.papers, one.state.minutes.signed_digest
        if (kind, form) == ("notula", "pdf") and signed and "unsigned" not in request.query:
            body = await papers.signed(one.state.meeting_id, signed)
        else:
            body = await papers.paper(one.state.meeting_id, kind, form, language, number)
        await self._house.services.identity.audit.record(
            "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document=f"{kind}.{form}"
        )
        day = i18n.local(one.state.plan.starts_ms, one.state.plan.zone).date().isoformat()
        title = self._house.pages.catalogues.words(language)(f"page.file.{kind}")
        told = f"{title} {number}" if number else title
        name = f"{told} {one.state.plan.title} {day}.{form}"
        shown: Literal["attachment", "inline"] = "inline" if form == "pdf" and "show" in request.query else "attachment"
        return Response(
            body=body, headers={"Content-Type": TYPES[form], "Content-Disposition": disposition(name, shown)}
        )


def _wanted(request: Request) -> tuple[Kind, Form, int]:
    """Which paper, as what, and of which decision (0: of none). NotFound("not_found")."""
    kind = next((one for one in OFFERED if one == request.match_info["kind"]), None)
    form = next((one for one in TYPES if one == request.match_info["form"]), None)
    number = request.match_info.get("number", "0")
    told = kind is not None and form is not None and form in FORMS[kind]
    if kind is None or form is None or not told or (kind == "decision") != ("number" in request.match_info):
        raise NotFound("not_found")
    return kind, form, int(number[:LONGEST_NUMBER])


def disposition(name: str, shown: Literal["attachment", "inline"] = "attachment") -> str:
    """Under that name (RFC 6266), with a plain one for those who know no other."""
    clean = re.sub(r"[\x00-\x1f/\\:*?\"<>|;%]+", " ", name)
    clean = " ".join(clean.split())[-150:]
    plain = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode().replace(" ", "-")
    return f"{shown}; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"

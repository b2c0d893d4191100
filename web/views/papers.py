"""Downloads of a meeting's documents, for those who belong to it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Awaitable, Callable
from typing import TypeAlias
from urllib.parse import quote

from aiohttp.web import Request, Response

from server.errors import NotFound
from web import i18n
from web.belonging import belonging
from web.house import House

Make: TypeAlias = Callable[[str, str], Awaitable[bytes]]

TYPES = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "csv": "text/csv; charset=utf-8",
}
KINDS = {"notula": ("pdf", "docx"), "attendance": ("pdf", "xlsx", "csv")}


class Downloads:
    def __init__(self, house: House) -> None:
        self._house = house
        papers = house.services.papers
        self._make: dict[tuple[str, str], Make] = {
            ("notula", "pdf"): papers.notula_pdf,
            ("notula", "docx"): papers.notula_docx,
            ("attendance", "pdf"): papers.attendance_pdf,
            ("attendance", "xlsx"): papers.attendance_xlsx,
            ("attendance", "csv"): papers.attendance_csv,
        }

    async def send(self, request: Request) -> Response:
        """NotFound("meeting.no_papers") before the meeting was opened; while it goes on, the record so far.
        `?document=id|en` asks for the document in that language, without changing the pages'. A notula that was signed
        is the file that was signed; `?unsigned` asks for one made now, with the ralat that were recorded since."""
        one = await belonging(request, self._house.services)
        kind, form = request.match_info["kind"], request.match_info["form"]
        make = self._make.get((kind, form))
        if make is None:
            raise NotFound("not_found")
        if not one.state.opened_ms:
            raise NotFound("meeting.no_papers")
        wanted = request.query.get("document", "")
        language = wanted if wanted in i18n.LANGUAGES else one.reader.language
        signed = one.state.minutes.signed_digest
        if (kind, form) == ("notula", "pdf") and signed and "unsigned" not in request.query:
            body = await self._house.services.papers.signed(one.state.meeting_id, signed)
        else:
            body = await make(one.state.meeting_id, language)
        await self._house.services.identity.audit.record(
            "document_downloaded", one.reader.account_id, meeting=one.state.meeting_id, document=f"{kind}.{form}"
        )
        day = i18n.local(one.state.plan.starts_ms, one.state.plan.zone).date().isoformat()
        title = self._house.pages.catalogues.words(language)(f"page.file.{kind}")
        name = f"{title} {one.state.plan.title} {day}.{form}"
        return Response(body=body, headers={"Content-Type": TYPES[form], "Content-Disposition": disposition(name)})


def disposition(name: str) -> str:
    """Attachment under that name (RFC 6266), with a plain one for those who know no other."""
    clean = re.sub(r"[\x00-\x1f/\\:*?\"<>|;%]+", " ", name)
    clean = " ".join(clean.split())[-150:]
    plain = unicodedata.normalize("NFKD", clean).encode("ascii", "ignore").decode().replace(" ", "-")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(clean, safe='')}"

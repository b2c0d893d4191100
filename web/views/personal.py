"""All that is kept about one person, as an archive for themselves or for an administrator: JSON, and a page to read."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, datetime

from aiohttp.web import Request, Response

from server.identity.ports import Account
from web import i18n
from web.house import House
from web.views.papers import disposition


class PersonalPage:
    def __init__(self, house: House) -> None:
        self._house = house

    async def own(self, request: Request) -> Response:
        """Only soon after signing in: an open browser that somebody left must not give everything away."""
        _, account, _ = self._house.own(request)
        self._house.fresh(request)
        return await self._send(request, account)

    async def of_account(self, request: Request) -> Response:
        self._house.administrator(request)
        self._house.fresh(request)
        account = await self._house.services.identity.accounts.by_id(request.match_info["account_id"])
        return await self._send(request, account)

    async def _send(self, request: Request, account: Account) -> Response:
        services = self._house.services
        await services.identity.audit.record("data_exported", account.account_id)
        data = await services.personal.gather(account)
        page = self._house.pages.text(request, "personal.html", data=data, account=account)
        made_ms = services.clock.now_ms()
        day = i18n.local(made_ms, services.office.zone).date().isoformat()
        files = {"data.json": json.dumps(data, ensure_ascii=False, indent=1).encode(), "index.html": page.encode()}
        name = f"{self._house.words(request)('page.personal.file')} {account.name} {day}.zip"
        headers = {"Content-Type": "application/zip", "Content-Disposition": disposition(name)}
        return Response(body=_zip(files, made_ms), headers=headers)


def _zip(files: dict[str, bytes], at_ms: int) -> bytes:
    made, packed = datetime.fromtimestamp(at_ms / 1000, UTC), io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, made.timetuple()[:6]), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()

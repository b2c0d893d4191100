"""Signing by a service elsewhere: BSrE's eSign client service, which an office runs on its own network (API version 1).

Everybody signs with their own certificate, named by their NIK and opened by their passphrase; both are sent, never kept
and never logged. What the service answers is hostile until it was checked: a PDF with one more whole signature.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Any, Literal

import msgspec
import structlog
from aiohttp import ClientError, ClientResponse, ClientSession, ClientTimeout, FormData, encode_basic_auth

from server.documents.signatures_seen import signatures_in
from server.documents.signing import Asks, Credentials, Request
from server.errors import BalaiError, Refused, Unavailable

log = structlog.get_logger(__name__)

ANSWER_S = 60  # it asks an authority and a timestamp service itself
MORE_BYTES = 8 * 1024 * 1024  # a signature adds far less
STATUS_BYTES = 64 * 1024
NOBODY = "0000000000000000"  # an NIK that nobody has: asked for only to learn whether the service answers us

KNOWN_USERS = frozenset({"ISSUE", "ISSUED"})
REFUSALS: Mapping[int, str] = {
    1110: "signature.nik",
    2011: "signature.nik",
    2021: "signature.certificate",
    2031: "signature.passphrase",
}
"""The service's `status_code` where it says no; its own words are not shown to anybody."""


class EsignService:
    """Implements signing.Signer. `url`: up to, without, "/api"."""

    def __init__(self, url: str, username: str, password: str) -> None:
        self._url = url.rstrip("/")
        self._headers = {"Authorization": encode_basic_auth(username, password, "utf-8")} if username else {}

    @property
    def manner(self) -> Literal["certificate", "service"]:
        return "service"

    @property
    def asks(self) -> Asks:
        return "passphrase"

    async def sign(self, content: bytes, request: Request) -> bytes:
        if request.credentials is None or not request.credentials.nik:
            raise Refused("signature.nik", field="nik")
        if not request.credentials.passphrase:
            raise Refused("signature.passphrase", field="passphrase")
        try:
            async with self._session() as session:
                await self._check_person(session, request.credentials.nik)
                signed = await self._signed(session, content, request, request.credentials)
        except (ClientError, TimeoutError, OSError) as fault:
            raise Unavailable("signature.service") from fault
        await asyncio.to_thread(_check, content, signed)
        return signed

    async def answers(self) -> None:
        """Whether it is there and knows us. Unavailable("signature.service" | "signature.service_login")."""
        try:
            async with self._session() as session, session.get(f"{self._url}/api/user/status/{NOBODY}") as response:
                if await _said(response) is None:
                    raise Unavailable("signature.service")
        except (ClientError, TimeoutError, OSError) as fault:
            raise Unavailable("signature.service") from fault

    def _session(self) -> ClientSession:
        return ClientSession(headers=self._headers, timeout=ClientTimeout(total=ANSWER_S), trust_env=False)

    async def _check_person(self, session: ClientSession, nik: str) -> None:
        """A clear word before a passphrase is sent: not registered, or without a certificate in force."""
        path = f"{self._url}/api/user/status/{nik}"
        async with session.get(path, allow_redirects=False) as response:
            said = await _said(response)
        if said is None:
            raise Unavailable("signature.service")
        status, code = str(said.get("status", "")).upper(), _code(said)
        if code in REFUSALS or status == "NOT_REGISTERED":
            raise _refused(REFUSALS.get(code, "signature.nik"), code)
        if status and status not in KNOWN_USERS:
            raise _refused("signature.certificate", code)

    async def _signed(
        self, session: ClientSession, content: bytes, request: Request, credentials: Credentials
    ) -> bytes:
        form = FormData()
        form.add_field("file", content, filename="notula.pdf", content_type="application/pdf")
        fields = {
            "nik": credentials.nik,
            "passphrase": credentials.passphrase,
            "tampilan": "invisible",  # the page says itself who signed; a picture over it would break other signatures
            "reason": request.reason,
            "location": request.location,
        }
        for name, value in fields.items():
            if value:
                form.add_field(name, value)
        async with session.post(f"{self._url}/api/sign/pdf", data=form, allow_redirects=False) as response:
            if response.status == 200 and response.content_type != "application/json":
                return await _pdf(response, len(content))
            said = await _said(response)
            number = response.headers.get("id_dokumen", "") or str((said or {}).get("id_dokumen", ""))
        if said is None:
            raise Unavailable("signature.service")
        if response.status == 200 and re.fullmatch(r"[\w-]{1,100}", number):
            async with session.get(f"{self._url}/api/sign/download/{number}", allow_redirects=False) as response:
                return await _pdf(response, len(content))
        raise _refusal(said)


async def _pdf(response: ClientResponse, sent: int) -> bytes:
    """Unavailable for anything else, or for more than a signature adds."""
    if response.status != 200:
        raise Unavailable("signature.service")
    content = await response.content.read(sent + MORE_BYTES + 1)
    while len(content) <= sent + MORE_BYTES and (more := await response.content.read(sent + MORE_BYTES)):
        content += more
    if len(content) > sent + MORE_BYTES or not content.startswith(b"%PDF-"):
        raise Unavailable("signature.service")
    return content


async def _said(response: ClientResponse) -> dict[str, Any] | None:
    """The JSON that it answered, None for anything else. Unavailable("signature.service_login")."""
    if response.status in (401, 403):
        raise Unavailable("signature.service_login")
    body = await response.content.read(STATUS_BYTES)
    try:
        said = msgspec.json.decode(body)
    except msgspec.DecodeError:
        return None
    return said if isinstance(said, dict) else None


def _refusal(said: Mapping[str, Any]) -> BalaiError:
    code = _code(said)
    if code in REFUSALS:
        return _refused(REFUSALS[code], code)
    if "passphrase" in str(said.get("error", "")).lower():
        return _refused("signature.passphrase", code)
    log.warning("signing service refused", status_code=code)
    return Unavailable("signature.service")


def _refused(code: str, number: int) -> Refused:
    log.info("signing service refused", code=code, status_code=number)
    return Refused(code, field="passphrase")


def _code(said: Mapping[str, Any]) -> int:
    code = str(said.get("status_code", ""))
    return int(code) if code.isascii() and code.isdigit() and len(code) < 10 else 0


def _check(before: bytes, after: bytes) -> None:
    """One signature more, each whole, and what others signed before still there byte for byte."""
    earlier, found = signatures_in(before), signatures_in(after)
    kept = not earlier or after.startswith(before)
    if len(found) != len(earlier) + 1 or not kept or not all(one.whole for one in found):
        log.warning("signing service answered no signed file", signatures=len(found))
        raise Unavailable("signature.service")

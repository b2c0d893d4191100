"""The slot of the ballot box: takes a secret ballot from whoever brings one. Never looks at who that is: no session, no
cookie, no address, and nothing is logged.
"""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, TypeAlias

import msgspec
from aiohttp.web import HTTPException, Request, Response
from msgspec import Meta, Struct

from server.errors import BalaiError, Invalid, Unavailable
from server.meeting.facts import Choice, SecretBallot
from web.ports import Meetings

MOST_BYTES = 4_096

Id: TypeAlias = Annotated[str, Meta(min_length=1, max_length=64, pattern=r"^[\x21-\x7e]+\Z")]
Hex: TypeAlias = Annotated[str, Meta(max_length=1_024, pattern=r"^([0-9a-f]{2})+\Z")]


class Ballot(Struct, forbid_unknown_fields=True, frozen=True):
    """What a browser puts in. No field of it says who."""

    meeting_id: Id
    motion_id: Id
    choice: Choice
    receipt: Annotated[str, Meta(max_length=32)]
    prefix: Hex
    signature: Hex


class BallotSlot:
    def __init__(self, meetings: Meetings) -> None:
        self._meetings = meetings

    async def put(self, request: Request) -> Response:
        """{} once it is durable; {code} where it cannot be taken: 503 for "ask again", 4xx for "never"."""
        try:
            ballot = await _read(request)
            content = SecretBallot(ballot.receipt, ballot.choice, ballot.prefix, ballot.signature)
            await self._meetings.put_ballot(ballot.meeting_id, ballot.motion_id, content)
        except BalaiError as error:
            later = isinstance(error, Unavailable) or error.code == "vote.no_quorum"
            return _answer(HTTPStatus.SERVICE_UNAVAILABLE if later else HTTPStatus.BAD_REQUEST, {"code": error.code})
        return _answer(HTTPStatus.OK, {})


async def _read(request: Request) -> Ballot:
    if request.content_type != "application/json" or (request.content_length or MOST_BYTES + 1) > MOST_BYTES:
        raise Invalid("vote.ballot")
    try:
        return msgspec.json.decode(await request.read(), type=Ballot)
    except (msgspec.DecodeError, HTTPException):
        raise Invalid("vote.ballot") from None


def _answer(status: int, body: dict[str, str]) -> Response:
    return Response(
        status=status,
        body=msgspec.json.encode(body),
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )

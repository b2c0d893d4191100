"""Whether a printed or sent notula is genuine: for everybody who has its code, and no more than they need to know."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass

from aiohttp.web import Request, Response

from server.documents.digest import verify_code
from server.documents.signatures_seen import SignatureSeen
from server.errors import BalaiError, NotFound, Unavailable
from server.identity.attempts import network
from server.meeting.minutes import Signature
from server.meeting.state import State
from web.house import House
from web.views.minutes import STEPS

MOST, WINDOW_MS = 30, 5 * 60_000  # checks of one network
NETWORKS = 10_000  # of which the newest are counted


@dataclass(frozen=True, slots=True)
class Line:
    """A signature as the record has it, and as it is found in the file (None: on paper, or not found there)."""

    recorded: Signature
    found: SignatureSeen | None


@dataclass(frozen=True, slots=True)
class Told:
    """`kept`: the signed file lies here, byte for byte as it was taken."""

    kept: bool
    lines: tuple[Line, ...]

    @property
    def whole(self) -> bool:
        return self.kept and all(
            one.recorded.manner == "scan" or (one.found is not None and one.found.whole) for one in self.lines
        )


class Verify:
    def __init__(self, house: House) -> None:
        self._house = house
        self._checks: dict[str, deque[int]] = {}

    async def show(self, request: Request) -> Response:
        """The page says "not genuine" alike for what never was, and for what is not approved."""
        self._count(network(self._house.reader(request).origin.address))
        code = request.match_info["code"]
        state = await self._find(code)
        stage = next((name for name, at in STEPS if state and state.minutes.stage in at), "")
        told = await self._signatures(state) if state and state.minutes.signatures else None
        return self._house.pages.page(request, "verify.html", state=state, code=code, stage=stage, told=told)

    async def _signatures(self, state: State) -> Told:
        minutes = state.minutes
        try:
            found = await self._house.services.papers.signatures(state.meeting_id, minutes.signed_digest)
        except NotFound:
            return Told(kept=False, lines=tuple(Line(one, None) for one in minutes.signatures))
        in_file = iter(found)
        lines = tuple(Line(one, None if one.manner == "scan" else next(in_file, None)) for one in minutes.signatures)
        return Told(kept=True, lines=lines)

    async def _find(self, code: str) -> State | None:
        found = re.fullmatch(r"([0-9a-f]{16})-[0-9a-f]{16}", code)
        if found is None:
            return None
        try:
            state = await self._house.services.meetings.state(found[1])
        except BalaiError as error:
            if isinstance(error, Unavailable) or error.code == "journal.leased":
                raise
            return None
        digest = state.minutes.digest
        return state if digest and verify_code(state.meeting_id, digest) == code else None

    def _count(self, who: str) -> None:
        """Unavailable("verify.too_many"). Kept in memory: what a restart forgets is no harm."""
        now_ms = self._house.services.clock.monotonic_ms()
        checks = self._checks.pop(who, None) or deque()
        self._checks[who] = checks
        while checks and checks[0] <= now_ms - WINDOW_MS:
            checks.popleft()
        if len(self._checks) > NETWORKS:
            del self._checks[next(iter(self._checks))]
        if len(checks) >= MOST:
            raise Unavailable("verify.too_many")
        checks.append(now_ms)

"""`/connection`: what can be reached from this browser. The page tries; the server lends it sessions to try with."""

from __future__ import annotations

from aiohttp.web import Request, Response

from web.house import House
from web.ports import Reach
from web.security import SignInFirst


class ConnectionCheck:
    def __init__(self, house: House, reach: Reach) -> None:
        self._house = house
        self._reach = reach

    async def show(self, request: Request) -> Response:
        """For who has an account: each call holds two transports in every media process for a minute."""
        account = self._house.reader(request).account
        if account is None:
            raise SignInFirst
        offer = await self._reach.offer(account.account_id)
        return self._house.pages.page(request, "connection.html", offer=offer)

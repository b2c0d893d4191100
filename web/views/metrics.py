"""`GET /metrics`: for the office's own monitoring, from its networks or with its token. Nobody else learns of it."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Iterable
from http import HTTPStatus

from aiohttp.web import Request, Response

from web.ports import MetricsPage
from web.proxies import Proxies

FORWARDED = ("X-Forwarded-For", "X-Real-IP", "Forwarded", "Via")
TEXT = "text/plain; version=0.0.4; charset=utf-8"


class MetricsView:
    """networks: who may ask without a token. token "": there is none."""

    def __init__(self, page: MetricsPage, proxies: Proxies, networks: Iterable[str], token: str) -> None:
        self._page = page
        self._proxies = proxies
        self._networks = tuple(ipaddress.ip_network(one, strict=False) for one in networks)
        self._token = token

    async def show(self, request: Request) -> Response:
        """404 for everybody else: whether there is such a page is nobody's business."""
        if not (self._near(request) or self._knows(request)):
            return Response(status=HTTPStatus.NOT_FOUND, text="404\n")
        headers = {"Content-Type": TEXT, "Cache-Control": "no-store"}
        return Response(body=self._page.page(), headers=headers)

    def _near(self, request: Request) -> bool:
        said = self._proxies.origin(request).address
        if said == request.remote and any(name in request.headers for name in FORWARDED):
            return False  # through a proxy that is not trusted: it stands near, whoever asks may not
        try:
            address = ipaddress.ip_address(said)
        except ValueError:
            return False
        mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
        return any((mapped or address) in network for network in self._networks)

    def _knows(self, request: Request) -> bool:
        said = request.headers.get("Authorization", "")
        return bool(self._token) and hmac.compare_digest(said.encode(), f"Bearer {self._token}".encode())

"""From where and over what a request really came.

X-Forwarded-For and -Proto count only from proxies that are trusted; X-Forwarded-Host never.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TypeAlias

from aiohttp.web import Request

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network


@dataclass(frozen=True, slots=True)
class Origin:
    """`address`: the browser's; `scheme` http or https, `host` with its port, as the browser asked."""

    address: str
    scheme: str
    host: str

    @property
    def secure(self) -> bool:
        return self.scheme == "https"

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}"


class Proxies:
    def __init__(self, trusted: Iterable[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(one, strict=False) for one in trusted)

    def origin(self, request: Request) -> Origin:
        peer = _peer(request)
        if not self._trusts(peer):
            return Origin(peer, request.scheme, request.host)
        address = peer
        hops = [hop.strip() for line in request.headers.getall("X-Forwarded-For", ()) for hop in line.split(",")]
        for hop in reversed(hops):  # each proxy appends whom it saw: believe them as far as they are ours
            if not _is_address(hop):
                break
            address = hop
            if not self._trusts(hop):
                break
        said = request.headers.getall("X-Forwarded-Proto", ())
        scheme = said[-1].split(",")[-1].strip().lower() if said else request.scheme
        return Origin(address, scheme if scheme in ("http", "https") else request.scheme, request.host)

    def _trusts(self, address: str) -> bool:
        if not _is_address(address):
            return False
        parsed = ipaddress.ip_address(address)
        mapped = parsed.ipv4_mapped if isinstance(parsed, ipaddress.IPv6Address) else None
        return any((mapped or parsed) in network for network in self._trusted)


def _peer(request: Request) -> str:
    name = request.transport.get_extra_info("peername") if request.transport else None
    return str(name[0]) if isinstance(name, tuple) and name else ""


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

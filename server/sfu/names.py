"""Announced names become addresses, of the family of the socket that they stand for."""

from __future__ import annotations

import asyncio
import socket

from server.errors import Unavailable


async def addresses(names: tuple[str, ...], listen: str) -> list[str]:
    """Each once, in order; an address is its own. Unavailable("media.announce") when a host name has none."""
    family = socket.AF_INET6 if ":" in listen else socket.AF_INET
    found: dict[str, None] = {}
    loop = asyncio.get_running_loop()
    for name in names:
        try:
            answers = await loop.getaddrinfo(name, None, family=family, type=socket.SOCK_DGRAM)
        except OSError as error:
            raise Unavailable("media.announce", address=name, reason=error.strerror or "") from error
        found.update((str(answer[4][0]), None) for answer in answers)
    return list(found)

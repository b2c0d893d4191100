"""Connections that have not shown yet whose they are: bounded, also per address; the oldest gives way. No socket."""

from __future__ import annotations

from ipaddress import ip_address
from typing import Protocol

MOST = 1024
MOST_OF_ADDRESS = 256  # an office behind one address that comes back at once after a power cut


class Newcomer(Protocol):
    def close(self) -> None: ...


class Newcomers:
    """A browser shows itself within a round trip; who only wants to fill the table does not, and is the oldest."""

    def __init__(self) -> None:
        self._hosts: dict[Newcomer, str] = {}
        self._groups: dict[str, dict[Newcomer, None]] = {}

    def __len__(self) -> int:
        return len(self._hosts)

    def enter(self, newcomer: Newcomer, host: str) -> None:
        """One more, of an address; whoever waits longest makes room."""
        network = _network(host)
        group = self._groups.get(network, {})
        if len(group) >= MOST_OF_ADDRESS:
            self._turn_away(next(iter(group)))
        elif len(self._hosts) >= MOST:
            self._turn_away(next(iter(self._hosts)))
        self._hosts[newcomer] = network
        self._groups.setdefault(network, {})[newcomer] = None

    def leave(self, newcomer: Newcomer) -> None:
        """It has shown itself, or is gone."""
        network = self._hosts.pop(newcomer, None)
        if network is None:
            return
        group = self._groups[network]
        del group[newcomer]
        if not group:
            del self._groups[network]

    def _turn_away(self, newcomer: Newcomer) -> None:
        self.leave(newcomer)
        newcomer.close()


def _network(host: str) -> str:
    """Who has one IPv6 address has its whole /64 (RFC 6177)."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return host
    return host if address.version == 4 else address.packed[:8].hex()

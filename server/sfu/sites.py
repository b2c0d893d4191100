"""Offices with a budget of their own: who sits behind which, and what each may get. Holds no socket, sends nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable

from server.rtp.allocate import site_shares
from server.sfu.config import Site
from server.sfu.outlet import Outlet

MOST_KNOWN = 4096  # addresses whose site is remembered


class Sites:
    """One per media process. `divide` every quarter of a second."""

    def __init__(self, sites: tuple[Site, ...]) -> None:
        self._sites = [
            (site, tuple(ipaddress.ip_network(one, strict=False) for one in site.networks)) for site in sites
        ]
        self._known: dict[str, Site | None] = {}

    def __bool__(self) -> bool:
        return bool(self._sites)

    def of(self, host: str) -> Site | None:
        """The first site that this address lies in; an IPv4 address may come as one of IPv6."""
        if host not in self._known:
            if len(self._known) >= MOST_KNOWN:
                self._known.clear()
            self._known[host] = self._find(host)
        return self._known[host]

    def _find(self, host: str) -> Site | None:
        try:
            address = ipaddress.ip_address(host.partition("%")[0])
        except ValueError:
            return None
        if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        return next((site for site, networks in self._sites if any(address in one for one in networks)), None)

    def divide(self, outlets: Iterable[Outlet]) -> None:
        """Each viewer of a site gets its share of the budget, everybody else has none to keep to."""
        seated: dict[str, list[Outlet]] = {}
        budgets: dict[str, int] = {}
        for outlet in outlets:
            site = self.of(outlet.transport.host)
            if site is None:
                outlet.cap(None)
            else:
                seated.setdefault(site.name, []).append(outlet)
                budgets[site.name] = site.budget_bps
        for name, viewers in seated.items():
            wishes = [viewer.wish() for viewer in viewers]
            shares = site_shares(budgets[name], wishes, [viewer.grants for viewer in viewers])
            for viewer, share in zip(viewers, shares, strict=True):
                viewer.cap(share)

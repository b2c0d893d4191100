"""Offices with a budget of their own: who sits behind which, and what each may get. Holds no socket, sends nothing."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping

from server.rtp.allocate import site_shares, site_wants
from server.rtp.budget import Need
from server.sfu import link
from server.sfu.config import Site
from server.sfu.outlet import Outlet

MOST_KNOWN = 4096  # addresses whose site is remembered
NEWS = 0.05  # of all that a site's viewers want: less is noise between two measurements


class Sites:
    """One per media process. `divide` every quarter of a second; a site's budget is the whole until `keep_to`."""

    def __init__(self, sites: tuple[Site, ...]) -> None:
        self._sites = [
            (site, tuple(ipaddress.ip_network(one, strict=False) for one in site.networks)) for site in sites
        ]
        self._known: dict[str, Site | None] = {}
        self._budgets = {site.name: site.budget_bps for site in sites}
        self._told: dict[str, Need] = {}

    def keep_to(self, parts: Mapping[str, int]) -> None:
        """Of each site's budget, what is this process's; the rest is for viewers in others."""
        self._budgets.update(parts)

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

    def divide(self, outlets: Iterable[Outlet]) -> tuple[link.SiteNeed, ...] | None:
        """Each viewer of a site gets its share of the budget, everybody else has none to keep to. What all sites want,
        when that is news."""
        seated: dict[str, list[Outlet]] = {}
        needs: dict[str, Need] = {}
        for outlet in outlets:
            site = self.of(outlet.transport.host)
            if site is None:
                outlet.cap(None)
            else:
                seated.setdefault(site.name, []).append(outlet)
        for name, viewers in seated.items():
            wishes, grants = [viewer.wish() for viewer in viewers], [viewer.grants for viewer in viewers]
            needs[name] = Need(sum(wish.reserved_bps for wish in wishes), tuple(site_wants(wishes, grants)))
            for viewer, share in zip(viewers, site_shares(self._budgets[name], wishes, grants), strict=True):
                viewer.cap(share)
        return self._news(needs)

    def _news(self, needs: dict[str, Need]) -> tuple[link.SiteNeed, ...] | None:
        told, nothing = self._told, Need()
        if not any(needs.get(name, nothing).is_news(told.get(name, nothing), NEWS) for name in {*needs, *told}):
            return None
        self._told = needs
        return self.needs

    @property
    def needs(self) -> tuple[link.SiteNeed, ...]:
        """As told last."""
        return tuple(link.SiteNeed(name, need.sound_bps, need.wants_bps) for name, need in self._told.items())

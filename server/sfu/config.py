"""What the media process must know before it starts. No file or variable is read here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """listen: addresses to bind; announced: as browsers reach them, pairwise, () the same; each entry may name several
    addresses or host names, with spaces between. Port 0: any free one."""

    listen: tuple[str, ...] = ("127.0.0.1",)
    announced: tuple[str, ...] = ()
    udp_port: int = 0
    tcp_port: int = 0

    @property
    def reachable(self) -> tuple[tuple[str, ...], ...]:
        """The addresses and host names that candidates name, for each of `listen`."""
        return tuple(tuple(entry.split()) for entry in self.announced or self.listen)

"""What the media process must know before it starts. No file or variable is read here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """listen: addresses to bind; announced: as browsers reach them, pairwise, () the same. Port 0: any free one."""

    listen: tuple[str, ...] = ("127.0.0.1",)
    announced: tuple[str, ...] = ()
    udp_port: int = 0
    tcp_port: int = 0

    @property
    def reachable(self) -> tuple[str, ...]:
        """The addresses that candidates name, one for each of `listen`."""
        return self.announced or self.listen

"""What the media process must know before it starts. No file or variable is read here."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Site:
    """An office behind one line: its address ranges, and what all of its viewers together may get."""

    name: str
    networks: tuple[str, ...]
    budget_bps: int


@dataclass(frozen=True, slots=True)
class MediaConfig:
    """listen: addresses to bind; announced: as browsers reach them, pairwise, () the same; each entry may name several
    addresses or host names, with spaces between. Port 0: any free one.

    voices: microphones forwarded in a meeting of more than `voices_above`, 0: all; pictures: faces a viewer gets at
    most; sites: the first one that an address lies in counts; video_codecs: "VP8", "VP9", "H264", "AV1"; a browser
    sends with the first of these that it can encode.
    """

    listen: tuple[str, ...] = ("127.0.0.1",)
    announced: tuple[str, ...] = ()
    udp_port: int = 0
    tcp_port: int = 0
    voices: int = 6
    voices_above: int = 12
    pictures: int = 25
    sites: tuple[Site, ...] = ()
    video_codecs: tuple[str, ...] = ("VP8",)

    @property
    def reachable(self) -> tuple[tuple[str, ...], ...]:
        """The addresses and host names that candidates name, for each of `listen`."""
        return tuple(tuple(entry.split()) for entry in self.announced or self.listen)

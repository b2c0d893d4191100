"""Writes a container that wants to go back (its index stands in front) into a file that cannot, because it is sealed as
it is written: the same writing is done once for nothing, only to see what is overwritten, and then in earnest.
"""

from __future__ import annotations

import io
import os
from collections.abc import Callable, Mapping
from typing import Any

import av

from recordings.compose.pieces import Sink

Fill = Callable[[Any], None]
SLACK = 4096


class _Seen(io.RawIOBase):
    """Keeps no byte but those that were written over earlier ones, and how long all is."""

    def __init__(self) -> None:
        super().__init__()
        self.length = self._at = 0
        self.patches: list[tuple[int, bytes]] = []

    def writable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self.length}[whence]
        self._at = base + offset
        return self._at

    def write(self, data: Any) -> int:
        size = len(data)
        if self._at < self.length:
            self.patches.append((self._at, bytes(data)))
        self._at += size
        self.length = max(self.length, self._at)
        return size


class _Forth(_Seen):
    """The second time: every byte goes out once, as it will be in the end."""

    def __init__(self, sink: Sink, patches: list[tuple[int, bytes]]) -> None:
        super().__init__()
        self._sink, self._known = sink, patches

    def write(self, data: Any) -> int:
        begin, before = self._at, self.length
        super().write(data)
        if self.length > before:
            fresh = bytearray(max(0, begin - before)) + bytes(data)[max(0, before - begin) :]
            self._sink.write(bytes(self._patched(before, fresh)))
        return len(data)

    def _patched(self, at: int, fresh: bytearray) -> bytearray:
        end = at + len(fresh)
        for where, what in self._known:  # later ones over earlier ones
            low, high = max(where, at), min(where + len(what), end)
            if low < high:
                fresh[low - at : high - at] = what[low - where : high - where]
        return fresh


def write(sink: Sink, form: str, fill: Fill, options: Mapping[str, str]) -> None:
    """fill(container) adds streams and muxes packets, the same ones each time. OSError, av.FFmpegError."""
    seen = _Seen()
    _once(seen, form, fill, options)
    forth = _Forth(sink, seen.patches)
    _once(forth, form, fill, options)
    if forth.length != seen.length or forth.patches != seen.patches:
        raise OSError(5, "the same container was written differently")


def _once(target: _Seen, form: str, fill: Fill, options: Mapping[str, str]) -> None:
    # Without bitexact Matroska numbers itself by chance.
    with av.open(target, "w", format=form, container_options={"fflags": "+bitexact", **options}) as container:
        fill(container)


def index_bytes(form: str, fill: Fill) -> int:
    """How much room MP4's index needs in front."""
    tail = _Tail()
    _once(tail, form, fill, {})
    size = tail.index
    return size + size // 50 + SLACK


class _Tail(_Seen):
    """Also keeps what came last, to see how long the index is: 4 bytes of length, then `moov`."""

    def __init__(self) -> None:
        super().__init__()
        self._last = b""
        self.index = 0

    def write(self, data: Any) -> int:
        joined = self._last + bytes(data)
        place = joined.rfind(b"moov")
        if place >= 4:
            self.index = int.from_bytes(joined[place - 4 : place], "big")
        self._last = joined[-8:]
        return super().write(data)
